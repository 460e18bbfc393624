"""Going through a case, and what a browser remembers of it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.practice import done
from bot.practice.cases import Case, Fit, practice_cases
from bot.practice.walk import LETTERS, Result, after, result, steps

CASES = practice_cases()
cases = st.sampled_from(list(CASES.values()))


@st.composite
def walks(draw: st.DrawFn) -> tuple[Case, str]:
    """A case and choices that it has, as far as they go."""
    case = draw(cases)
    length = draw(st.integers(0, len(case.turns)))
    letters = [draw(st.sampled_from(LETTERS[: len(turn.choices)])) for turn in case.turns[:length]]
    return case, "".join(letters)


@st.composite
def results(draw: st.DrawFn) -> dict[str, Result]:
    chosen = draw(st.lists(cases, unique=True))
    found = {}
    for case in chosen:
        right = draw(st.integers(0, len(case.turns)))
        found[case.id] = Result(right, draw(st.integers(0, len(case.turns) - right)))
    return found


@given(walks())
def test_every_choice_is_counted_once(walk: tuple[Case, str]) -> None:
    case, chosen = walk
    taken = steps(case, chosen)
    assert taken is not None
    assert len(taken) == len(chosen)
    came = result(taken)
    wrong = sum(step.choice.fit is Fit.wrong for step in taken)
    assert came.right + came.unsafe + wrong == len(chosen)


@given(cases, st.text(alphabet=LETTERS + "exé0", min_size=1, max_size=12))
def test_a_word_that_no_form_makes_is_no_walk(case: Case, chosen: str) -> None:
    fits = len(chosen) <= len(case.turns) and all(
        letter in LETTERS[: len(turn.choices)]
        for letter, turn in zip(chosen, case.turns, strict=False)
    )
    assert (steps(case, chosen) is not None) == fits


@given(cases, results())
def test_the_next_case_has_not_been_done(case: Case, found: dict[str, Result]) -> None:
    following = after(case, CASES, found | {case.id: Result(0, 0)})
    left = set(CASES) - set(found) - {case.id}
    assert (following.id in left) if following else not left


@given(results(), st.from_regex(r"[0-9a-f-]{1,36}", fullmatch=True))
def test_what_was_done_is_remembered_for_the_same_account_only(
    found: dict[str, Result], account: str
) -> None:
    cookie = done.written(account, found)
    assert done.read(cookie, account, CASES) == found
    assert done.read(cookie, account + "0", CASES) == {}
    # a cookie is a few words of ASCII that need no quotes
    assert cookie.isascii()
    assert not set(cookie) & set(' ",;\\')


@given(st.one_of(st.none(), st.text()), st.text())
def test_a_strange_cookie_is_nothing(account: str | None, entries: str) -> None:
    assert done.read(account, "7", CASES) in ({}, done.read(f"{account}", "7", CASES))
    found: dict[str, Any] = done.read(f"7:{entries}|wages.99.0|nobody.1.0", "7", CASES)
    assert set(found) <= set(CASES)
    assert "wages" not in found
