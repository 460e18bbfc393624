"""The whole product, started as `make run` starts it, on free ports, with a browser before it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.chat_page import PHONE, Chat
from tests.stack import Stack, staff_round_the_clock, start_stack, stop_stack

OpenChat = Callable[..., Chat]
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 20_000  # milliseconds; two cores may be busy with other things
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = start_stack(tmp_path_factory.mktemp("home"))
    staff_round_the_clock(running.home)
    yield running
    stop_stack(running)


# Ends with this folder: playwright's event loop must not stand in the way of async tests elsewhere.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        reason = "没有浏览器，页面没有测试。请先运行：apt-get install chromium fonts-noto-cjk"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def open_chat(stack: Stack, browser: Browser) -> Iterator[OpenChat]:
    """Opens the residents' page in a browser of its own: `open_chat("/?city=qingyuan", …)`.

    Whatever a test does: no request leaves the product, and the browser has nothing to complain of
    (errors, policy violations), but for what the test itself calls for by `chat.expect_complaints`.
    """
    opened: list[Chat] = []

    def open_page(path: str = "/", **context: Any) -> Chat:
        options = {"viewport": PHONE, "locale": "zh-CN", "reduced_motion": "reduce"} | context
        made = browser.new_context(**options)
        made.set_default_timeout(PATIENCE)
        chat = Chat(made.new_page(), stack.url)
        opened.append(chat)
        chat.goto(path)
        return chat

    yield open_page
    for chat in opened:
        chat.page.context.close()
    assert [url for chat in opened for url in chat.foreign_requests] == []
    assert [text for chat in opened for text in chat.complaints] == []
