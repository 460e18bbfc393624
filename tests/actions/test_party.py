"""For whom it is asked: kept through the conversation, changed only by naming somebody else."""

from __future__ import annotations

import pytest

from actions.action_refer import ActionRefer
from tests.actions.conftest import RunTurn


@pytest.mark.parametrize(
    ("known", "heard", "kept"),
    [
        (None, "self", "self"),
        (None, "child", "child"),
        ("child", "self", "child"),
        ("child", "parent", "parent"),
        ("self", "workmate", "workmate"),
    ],
)
def test_who_was_named_last_is_kept(
    turn: RunTurn, known: str | None, heard: str, kept: str
) -> None:
    said = turn(ActionRefer, text="被欠了工资", party=heard, slots={"party": known})
    assert said.slots["party"] == kept
    assert said.understood["party"] == kept


def test_an_operator_sees_the_words_and_the_sureness(turn: RunTurn) -> None:
    said = turn(
        ActionRefer,
        text="他又动手打我",
        services={"legal_consultation": 0.8, "legal_aid": 0.1, "complaint": 0.05},
        matters={"marriage_family": 0.9},
        urgent="violence",
        evidence=("又动手",),
    )
    assert said.understood["evidence"] == ["又动手"]
    assert said.understood["sureness"] == {
        "services": [["legal_consultation", 0.8], ["legal_aid", 0.1]],
        "matters": [["marriage_family", 0.9]],
    }
