"""The ticket on the screen is read again when its line says what the screen does not show yet."""

from __future__ import annotations

import re

import pytest

from tests.stack import ROOT

CONSOLE = ROOT / "bot/console/static/console.js"


@pytest.mark.parametrize(
    "field", ["state", "escalated_at", "suspended_until", "slip", "urgent", "urgent_judged"]
)
def test_a_line_that_differs_has_it_read_again(field: str) -> None:
    body = re.search(r"^function isBehind\(.*?^}", CONSOLE.read_text("utf-8"), re.DOTALL | re.M)
    assert body
    assert re.search(rf"line\.{field} !== detail\.{field}\b", body[0])
