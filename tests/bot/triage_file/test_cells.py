"""No cell becomes a formula, and none is lost that a file can hold."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.triage_file.cells import (
    ABSENT,
    as_text,
    executable,
    for_csv,
    for_json,
    for_xlsx,
    from_xlsx,
    is_empty,
    json_line,
    writable,
)


@pytest.mark.parametrize("sign", list("=+-@\t\r\n＝＋－＠"))
def test_what_a_spreadsheet_may_compute_is_marked(sign: str) -> None:
    assert executable(f"{sign}cmd|' /C calc'!A0")
    assert for_csv(f"{sign}1").startswith("'")
    assert for_csv(f"老板{sign}1") == f"老板{sign}1"


@pytest.mark.parametrize("before", [" ", "\u3000", "\u00a0", "\ufeff", "\u200b", " \ufeff "])
def test_nothing_invisible_hides_it(before: str) -> None:
    assert for_csv(f"{before}=1+1") == f"'{before}=1+1"


def test_a_number_is_no_text() -> None:
    assert for_csv(-5) == "-5"
    assert for_csv(-0.5) == "-0.5"
    assert for_csv("-5") == "'-5"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (ABSENT, ""),
        (True, "TRUE"),
        (0, "0"),
        (0.5, "0.5"),
        (datetime(2025, 3, 1), "2025-03-01"),  # noqa: DTZ001
        (datetime(2025, 3, 1, 9, 5), "2025-03-01 09:05:00"),  # noqa: DTZ001
        (date(2025, 3, 1), "2025-03-01"),
        (time(9, 5), "09:05:00"),
        ({"甲": [1, None]}, '{"甲": [1, null]}'),
    ],
)
def test_every_kind_of_cell_as_a_text(cell: object, text: str) -> None:
    assert as_text(cell) == text


def test_a_long_number_keeps_its_digits_in_a_spreadsheet() -> None:
    assert for_xlsx(442000199001011234) == "442000199001011234"
    assert for_xlsx(13800138000) == 13800138000
    assert for_xlsx(True) is True


def test_times_are_texts_in_json() -> None:
    assert for_json(datetime(2025, 3, 1, 9, 5)) == "2025-03-01 09:05:00"  # noqa: DTZ001
    assert for_json(timedelta(hours=1)) == "1:00:00"
    assert for_json([1, "a"]) == [1, "a"]


@given(st.text(alphabet=st.characters(codec=None)))
@example("\ud800=1")
@example("\x00\x0b\ufffe")
def test_any_text_can_be_written(text: str) -> None:
    for_csv(text).encode()
    str(for_xlsx(text)).encode()
    assert len(writable(text)) == len(text)
    assert not executable(for_csv(text))
    json.loads(json_line({text: [text]}).encode())


@given(st.text(alphabet="_xX0DAf5=\r\n ", max_size=30))
@example("_x000D_")
@example("_x005F_x000D_")
@example("__x000D__x0041_")
def test_what_looks_escaped_comes_back_as_it_was(text: str) -> None:
    assert from_xlsx(for_xlsx(text)) == text.replace("\r\n", "\n").replace("\r", "\n")


def test_what_excel_has_escaped_is_read() -> None:
    assert from_xlsx("一_x000D_\n二") == "一\r\n二"


def test_empty() -> None:
    assert is_empty("")
    assert is_empty(None)
    assert is_empty(ABSENT)
    assert not is_empty(0)
    assert not is_empty(" ")
