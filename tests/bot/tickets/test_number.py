"""Numbers that people read out and type: slips are found, nothing can be counted or guessed."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.tickets.number import LENGTH, find_number, is_number, new_number, shown

NOW = datetime(2026, 11, 22)  # noqa: DTZ001
NUMBERS = st.builds(new_number, st.just(NOW))


@given(NUMBERS)
def test_a_new_number_is_right_and_of_its_month(number: str) -> None:
    assert is_number(number)
    assert number.startswith("2611")
    assert find_number(f"工单号 {shown(number)}，谢谢") == number


@given(NUMBERS, st.integers(0, LENGTH - 1), st.integers(1, 9))
def test_one_wrong_digit_is_found(number: str, place: int, by: int) -> None:
    digit = (int(number[place]) + by) % 10
    assert not is_number(number[:place] + str(digit) + number[place + 1 :])


@given(NUMBERS, st.integers(0, LENGTH - 2))
def test_two_neighbours_changed_places_are_found(number: str, place: int) -> None:
    swapped = list(number)
    swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
    assert "".join(swapped) == number or not is_number("".join(swapped))


@given(st.text(max_size=20))
def test_anything_else_is_no_number(text: str) -> None:
    found = find_number(text)
    assert found is None or (len(found) == LENGTH and found.isdigit())
    assert is_number(text) in (False, True)


def test_full_width_and_hyphens_are_read() -> None:
    number = new_number(NOW)
    full_width = number.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert find_number(f"单号：{full_width}") == number
    assert find_number("-".join((number[:4], number[4:8], number[8:]))) == number
    assert find_number(number + "0") is None  # thirteen digits are something else
    assert find_number("13800138000") is None
