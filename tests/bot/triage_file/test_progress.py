"""A bar for a person, a line now and then for a log."""

from __future__ import annotations

import sys

import pytest

from bot.triage_file import progress as module
from bot.triage_file.progress import progress


def test_a_bar_in_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with progress(3) as step:
        for _ in range(3):
            step()
    said = capsys.readouterr()
    assert "正在整理" in said.err
    assert "3/3" in said.err
    assert said.out == ""


def test_lines_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert module.LINE_EVERY == 1000
    monkeypatch.setattr(module, "LINE_EVERY", 2)
    with progress(12345) as step:
        for _ in range(5):
            step()
    assert capsys.readouterr().err == "[整理] 2 / 12,345 行\n[整理] 4 / 12,345 行\n"
