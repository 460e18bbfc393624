"""The pictures of the README. `WENFA_SCREENSHOTS=1` writes them; otherwise they are only tried."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.chat_page import PHONE, VIOLENCE, WAGES, Chat
from tests.e2e.conftest import OpenChat
from tests.e2e.staff import Operator
from tests.stack import ROOT, Stack

pytestmark = pytest.mark.e2e
DESKTOP = {"width": 1280, "height": 800}
AT_MOST = 200 * 1024  # bytes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the pictures go."""
    if os.environ.get("WENFA_SCREENSHOTS") != "1":
        return tmp_path
    images = ROOT / "docs" / "images"
    images.mkdir(parents=True, exist_ok=True)
    return images


def take(chat: Chat, file: Path, width: int, height: int) -> None:
    """Write the window as PNG and check that it is one, of this size and not too heavy."""
    chat.page.evaluate("document.fonts.ready")
    chat.page.evaluate("document.activeElement.blur()")
    chat.page.mouse.move(0, 0)  # no button looks as if somebody pointed at it
    chat.page.screenshot(path=file, type="png", animations="disabled", caret="hide")
    data = file.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", data[16:24]) == (width, height)
    assert len(data) <= AT_MOST


def test_labour(open_chat: OpenChat, folder: Path) -> None:
    chat = open_chat(device_scale_factor=2)
    chat.ask(WAGES)
    expect(chat.log.locator(".card.faq")).to_be_in_viewport()
    take(chat, folder / "chat-labour.png", PHONE["width"] * 2, PHONE["height"] * 2)


def test_place(open_chat: OpenChat, folder: Path) -> None:
    chat = open_chat(device_scale_factor=2)
    chat.ask("小榄镇哪里可以做劳动仲裁")
    expect(chat.places.first).to_be_in_viewport()
    take(chat, folder / "chat-place.png", PHONE["width"] * 2, PHONE["height"] * 2)


def test_law(open_chat: OpenChat, folder: Path) -> None:
    chat = open_chat(device_scale_factor=2)
    chat.page.goto(chat.url + "/law/劳动合同法/第三十八条")
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("劳动合同法第三十八条")
    take(chat, folder / "law-article.png", PHONE["width"] * 2, PHONE["height"] * 2)


def test_faq(open_chat: OpenChat, folder: Path) -> None:
    chat = open_chat(device_scale_factor=2)
    chat.page.goto(chat.url + "/faq/item/labor.wages_unpaid")
    expect(chat.page.get_by_role("heading", level=1)).to_contain_text("工资")
    take(chat, folder / "faq-item.png", PHONE["width"] * 2, PHONE["height"] * 2)


def test_urgent(open_chat: OpenChat, folder: Path) -> None:
    chat = open_chat(device_scale_factor=2)
    chat.ask(VIOLENCE)
    expect(chat.log.locator(".notice.urgent")).to_be_in_viewport()
    take(chat, folder / "chat-urgent.png", PHONE["width"] * 2, PHONE["height"] * 2)


def test_desktop(open_chat: OpenChat, folder: Path) -> None:
    chat = open_chat(viewport=DESKTOP)
    chat.ask(WAGES)
    expect(chat.referrals.first).to_be_in_viewport()
    take(chat, folder / "chat-desktop.png", DESKTOP["width"], DESKTOP["height"])


def test_person(open_chat: OpenChat, stack: Stack, folder: Path) -> None:
    """From the queue to an operator's answer."""
    chat = open_chat(device_scale_factor=2)
    chat.ask(WAGES)
    chat.ask("转人工")
    expect(chat.page.locator("#state")).to_contain_text("正在等候接线员")
    take(chat, folder / "chat-waiting.png", PHONE["width"] * 2, PHONE["height"] * 2)
    number = chat.page.locator("#log .ticket .number").inner_text().replace(" ", "")
    with stack.client() as client:
        operator = Operator.of(stack, client)
        operator.do(number, "claim")
        operator.do(
            number,
            "reply",
            id="1",
            text="您好，我看到您说的了。工资条或者聊天记录带上，先去小榄站。",
        )
        expect(chat.page.locator("#log .operator")).to_be_in_viewport()
        take(chat, folder / "chat-operator.png", PHONE["width"] * 2, PHONE["height"] * 2)
