"""Every word of the command is used, and every {…} can be filled."""

from __future__ import annotations

import ast
import errno
from pathlib import Path

from bot.triage_file.refusal import Refusal, one_line, why
from bot.words import words
from tests.bot.test_words import leaves, placeholders

ROOM = Path(__file__).resolve().parents[3] / "bot" / "triage_file"
VALUES = {
    "name", "n", "limit", "count", "column", "title", "done", "bad", "line", "problem", "why",
    "wanted", "columns", "city", "cities", "seconds", "log",
}  # fmt: skip


def constants() -> set[str]:
    return {
        node.value
        for file in ROOM.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_word_is_used_and_can_be_filled() -> None:
    text, known = words("triage_file"), constants()
    for part in ("problem", "say", "refusal", "added"):
        assert set(text[part]) <= known, part
    for line in leaves(text):
        assert placeholders(line) <= VALUES, line


def test_every_refusal_and_problem_that_the_code_names_exists() -> None:
    for file in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal":
                assert isinstance(node.args[0], ast.Constant)
                assert node.args[0].value in words("triage_file")["refusal"]


def test_a_refusal_says_what() -> None:
    assert str(Refusal("no_file", name="a.csv")) == "没有这个文件：a.csv"


def test_a_reason_of_the_system_is_chinese_where_it_is_usual() -> None:
    assert why(OSError(errno.ENOSPC, "No space left on device")) == "磁盘满了"
    assert why(OSError(errno.EIO, "Input/output error")) == "Input/output error"
    assert why(OSError("text\nof two lines")) == "text of two lines"


def test_one_line() -> None:
    assert one_line("一\r\n二\t三") == "一 二 三"
    assert one_line("长" * 300) == "长" * 200 + "…"
