"""Five lines that an operator reads before taking a trouble over."""

from __future__ import annotations

from typing import Any

from bot.tickets.summary import summarise
from knowledge.catalogue import Catalogue

KNOWN: dict[str, Any] = {
    "service": "legal_consultation",
    "matter": "marriage_family",
    "urgent": "violence",
    "evidence": ["又动手", "躲在厕所"],
    "party": "self",
    "trouble": "他又动手了，我躲在厕所",
    "sureness": {
        "services": [["legal_consultation", 0.81], ["legal_aid", 0.12]],
        "matters": [["marriage_family", 0.974], ["tort", 0.01]],
    },
}


def test_it_says_what_how_sure_and_why_urgent(catalogue: Catalogue) -> None:
    lines = summarise(catalogue, KNOWN)
    assert len(lines) == 5
    assert lines[0] == "事由：婚姻家庭继承 97%；要找：法律咨询 81%（也可能是法律援助 12%）"
    assert lines[2] == "紧急：有人受伤害（原话里的：又动手、躲在厕所）"
    assert lines[3] == "原话：他又动手了，我躲在厕所"


def test_for_whom_it_is_asked(catalogue: Catalogue) -> None:
    assert summarise(catalogue, {**KNOWN, "party": "child"})[3].startswith("原话（替孩子问）：")


def test_a_later_message_that_says_something_else_is_shown_beside(catalogue: Catalogue) -> None:
    later = {**KNOWN, "sureness": {"services": [], "matters": [["labor", 0.6]]}}
    assert summarise(catalogue, later)[0] == (
        "事由：婚姻家庭继承（也可能是劳动人事 60%）；要找：法律咨询"
    )


def test_nothing_known_and_unknown_labels_do_not_hurt(catalogue: Catalogue) -> None:
    assert len(summarise(catalogue, {})) == 5
    odd = {"service": "x", "matter": "y", "party": "z", "urgent": "w", "evidence": None,
           "sureness": {"services": [["x", 0.9]], "matters": None}}  # fmt: skip
    lines = summarise(catalogue, odd)
    assert not any(label in "".join(lines) for label in ("x", "y", "z", "w"))
