"""Every word that the code asks for exists, every word is used, and every {…} can be filled."""

from __future__ import annotations

import ast
import string
from http import HTTPStatus
from pathlib import Path

import pytest
import yaml

from bot.words import words

BOT = Path(__file__).resolve().parents[2] / "bot"
SOURCES = sorted(file for file in BOT.rglob("*.py") if "migrations" not in file.parts)
# what a detail's {…} is filled with, as the code fills it
DETAIL_VALUES = {"limit", "cities", "value"}
# the context that pydantic hands over with each kind of error
FIELD_VALUES = {
    "string_too_long": {"max_length"},
    "string_too_short": {"min_length"},
    "too_long": {"field_type", "max_length", "actual_length"},
    "too_short": {"field_type", "min_length", "actual_length"},
    "greater_than_equal": {"ge"},
    "less_than_equal": {"le"},
}


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
    """The second argument of Problem(status, "key", …) and …["detail"]["key"] / details["key"]."""
    keys: set[str] = set()
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem":
                argument = node.args[1]
                assert isinstance(argument, ast.Constant), f"{file.name}:{node.lineno}"
                keys.add(str(argument.value))
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


def test_replies_are_used_and_give_the_hotline() -> None:
    replies = words("replies")
    assert set(replies) == {"notice", "apology"}
    assert set(replies) <= constants("replies")
    for text in replies.values():
        assert "12348" in text
        assert not placeholders(text)


@pytest.mark.parametrize("name", ["problems", "replies"])
def test_a_file_of_words_is_read_once(name: str) -> None:
    assert words(name) is words(name)


def test_each_line_says_something() -> None:
    for file in sorted((BOT / "content").glob("*.yml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        for value in content.values():
            for text in value.values() if isinstance(value, dict) else [value]:
                assert isinstance(text, str)
                assert text.strip()
