"""actions/*.yml: every word is used, every word asked for exists, every {…} is filled."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

from actions.interview import phrases
from actions.reply import words
from knowledge.taxonomy import taxonomy

SOURCES = sorted((Path(__file__).resolve().parents[2] / "actions").glob("*.py"))
TREES = [ast.parse(file.read_text(encoding="utf-8")) for file in SOURCES]
# content by the function that reads it, and the variable that it is kept in
CONTENT = {("words", "text"): words(), ("phrases", "says"): phrases()}
SENTENCES = [
    (content, key)
    for content, told in CONTENT.items()
    for key in sorted(told)
    if isinstance(told[key], str)
]


def asked(function: str, variable: str) -> set[str]:
    """words()["…"], text["…"], also where the key is chosen: ["a" if x else "b"]."""
    found: set[str] = set()
    for tree in TREES:
        for node in ast.walk(tree):
            if not isinstance(node, ast.Subscript):
                continue
            value = node.value
            of_words = (isinstance(value, ast.Name) and value.id == variable) or (
                isinstance(value, ast.Call) and getattr(value.func, "id", "") == function
            )
            if of_words:
                found |= {
                    str(part.value)
                    for part in ast.walk(node.slice)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                }
    return found


def filled() -> dict[str, set[str]]:
    """key → the names given by text["key"].format(name=…)."""
    found: dict[str, set[str]] = {}
    for tree in TREES:
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "format"
                and isinstance(node.func.value, ast.Subscript)
                and isinstance(node.func.value.slice, ast.Constant)
            ):
                names = {keyword.arg for keyword in node.keywords if keyword.arg}
                found.setdefault(str(node.func.value.slice.value), set()).update(names)
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("content", CONTENT, ids="/".join)
def test_every_word_is_used_and_every_word_asked_for_exists(content: tuple[str, str]) -> None:
    assert asked(*content) == set(CONTENT[content])


@pytest.mark.parametrize(("content", "key"), SENTENCES)
def test_every_place_to_fill_is_filled(content: tuple[str, str], key: str) -> None:
    assert placeholders(CONTENT[content][key]) == filled().get(key, set())


def test_the_urgent_kinds_are_the_taxonomy_s() -> None:
    assert set(words()["urgent"]) == set(taxonomy().urgency) - {"none"}


@pytest.mark.parametrize("kind", sorted(words()["urgent"]))
def test_an_urgent_word_has_numbers_that_it_speaks_of(kind: str) -> None:
    urgent = words()["urgent"][kind]
    assert set(urgent) == {"title", "text", "calls"}
    assert "12348" in urgent["calls"]
    assert set(urgent["calls"]) <= {"110", "12348", "120", "119"}
    assert not placeholders(urgent["text"])
    # no number is invented in the text either
    assert {"110"} & set(urgent["calls"]) or "110" not in urgent["text"]


def test_no_chinese_word_is_written_in_the_code() -> None:
    for file, tree in zip(SOURCES, TREES, strict=True):
        explained = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr)  # docstrings may quote a resident
        }
        for node in ast.walk(tree):
            if id(node) in explained:
                continue
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                han = [sign for sign in node.value if "\u4e00" <= sign <= "\u9fff"]
                assert not han, f"{file.name}:{node.lineno}"
