"""Every word that the code asks for exists, every word is used, and every {…} can be filled."""

from __future__ import annotations

import ast
import string
from http import HTTPStatus
from pathlib import Path

import pytest
import yaml

from bot.gateway.moves import TAPPED
from bot.words import words

BOT = Path(__file__).resolve().parents[2] / "bot"
SOURCES = sorted(file for file in BOT.rglob("*.py") if "migrations" not in file.parts)
# what a detail's {…} is filled with, as the code fills it
DETAIL_VALUES = {"kinds", "limit", "cities", "value", "minutes", "owner", "number", "problem"}
# the context that pydantic hands over with each kind of error
FIELD_VALUES = {
    "string_too_long": {"max_length"},
    "string_too_short": {"min_length"},
    "too_long": {"field_type", "max_length", "actual_length"},
    "too_short": {"field_type", "min_length", "actual_length"},
    "greater_than_equal": {"ge"},
    "less_than_equal": {"le"},
}


TAPPED_OR_PHRASES = {*TAPPED, "place", "satisfied", "fair", "dissatisfied", "yes", "no"}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def constants(name: str) -> set[str]:
    """Every string constant of the sources of bot/."""
    return {
        node.value
        for file in SOURCES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def detail_keys_used() -> set[str]:
    """The key in Problem(…, "key", …) and Refused(…), and …["detail"]["key"] / details["key"]."""
    keys: set[str] = set()
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
                "Problem",
                "Refused",
            ):
                # Refused("reason"), Problem(409, "reason", "field"): the key is the first text
                given = [item.value for item in node.args if isinstance(item, ast.Constant)]
                keys.update([item for item in given if isinstance(item, str)][:1])
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                value = node.value
                inner = (
                    value.slice.value
                    if isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant)
                    else getattr(value, "id", None)
                )
                if inner in ("detail", "details"):
                    keys.add(str(node.slice.value))
    return keys


def test_every_detail_the_code_names_exists_and_every_one_is_used() -> None:
    details = set(words("problems")["detail"])
    used = detail_keys_used()
    assert used <= details
    # the status table of _http names its keys as plain constants
    assert details <= used | constants("problems")


def test_details_can_be_filled() -> None:
    for text in words("problems")["detail"].values():
        assert placeholders(text) <= DETAIL_VALUES
        filled = text.format(**dict.fromkeys(DETAIL_VALUES, "甲"))
        assert "{" not in filled


def test_field_phrases_can_be_filled() -> None:
    for kind, phrase in words("problems")["fields"].items():
        values = {"field", *FIELD_VALUES.get(kind, set())}
        assert placeholders(phrase) <= values, kind
        assert "{field}" in phrase


def test_titles_are_for_real_statuses() -> None:
    for status, title in words("problems")["title"].items():
        assert 400 <= HTTPStatus(status) < 600
        assert title


# what the {…} of the gateway's words are filled with
REPLY_VALUES = {
    "number", "n", "name", "owner", "length", "state", "opened", "outcome", "phone", "label",
    "city", "matter", "service", "place", "urgent", "trouble", "told", "media", "when", "month",
    "day", "weekday",
}  # fmt: skip


def leaves(content: object) -> list[str]:
    """Every text of a content file; anything that is not a text fails."""
    if isinstance(content, dict):
        return [text for value in content.values() for text in leaves(value)]
    if isinstance(content, list):
        return [text for value in content for text in leaves(value)]
    assert isinstance(content, str), content
    return [content]


def test_replies_are_used_and_can_be_filled() -> None:
    known = constants("replies")
    for name, content in words("replies").items():
        assert name in known, name
        if isinstance(content, dict):
            unused = set(content) - known - set(words("tickets")["states"])
            assert not {key for key in unused if key not in TAPPED_OR_PHRASES}, name
        for text in leaves(content):
            assert placeholders(text) <= REPLY_VALUES, text


def test_whoever_cannot_be_helped_here_gets_the_hotline() -> None:
    text = words("replies")
    for reply in (
        text["notice"], text["apology"], text["late"], text["media"],
        text["misunderstood"]["second"],
        text["handoff"]["while_waiting"], text["handoff"]["waited_too_long"],
        text["ticket"]["unknown"], text["rating"]["thanks"]["dissatisfied"],
    ):  # fmt: skip
        assert "12348" in reply


def test_nobody_is_promised_anything() -> None:
    for name in ("replies", "small_talk", "tickets"):
        for text in leaves(words(name)):
            assert not any(word in text for word in ("保证", "一定能", "肯定能", "胜诉", "包赢")), (
                text
            )


@pytest.mark.parametrize("name", ["problems", "replies"])
def test_a_file_of_words_is_read_once(name: str) -> None:
    assert words(name) is words(name)


def test_each_line_says_something() -> None:
    for file in sorted((BOT / "content").glob("*.yml")):
        for text in leaves(yaml.safe_load(file.read_text(encoding="utf-8"))):
            assert text.strip()
