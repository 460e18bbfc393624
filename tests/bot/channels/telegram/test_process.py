"""Starting: one Chinese line for whoever starts it; and logs without tokens."""

from __future__ import annotations

import io
import logging
import socket
from pathlib import Path
from typing import Any

import pytest

from bot.channels.telegram import process
from bot.channels.telegram.client import TALKATIVE, make_bot, quiet_logs
from bot.channels.telegram.process import CannotStart, run
from bot.settings import Settings
from tests.bot.channels.telegram.scene import TOKEN
from tests.bot.test_run import wenfa

HOOK = "https://wenfa.example/telegram"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"telegram_token": "  "}, "TELEGRAM_BOT_TOKEN"),
        ({"telegram_token": "hello world"}, "TELEGRAM_BOT_TOKEN"),
        ({"telegram_webhook_url": HOOK}, "WENFA_TELEGRAM_WEBHOOK_SECRET"),
        (
            {"telegram_webhook_url": HOOK, "telegram_webhook_secret": "短的"},
            "WENFA_TELEGRAM_WEBHOOK_SECRET",
        ),
        (
            {"telegram_webhook_url": "http://x.example", "telegram_webhook_secret": "abc-DEF_123"},
            "WENFA_TELEGRAM_WEBHOOK_URL",
        ),
    ],
    ids=["blank", "no token", "no secret", "short", "plain http"],
)
def test_what_is_wrong_is_said_before_anything_is_opened(
    given: dict[str, Any], named: str, tmp_path: Path
) -> None:
    settings = Settings(**{"home": tmp_path / "none", "telegram_token": TOKEN, **given})
    with pytest.raises(CannotStart, match=f"停下了：.*{named}"):
        run(settings)
    assert not settings.home.exists()


@pytest.mark.parametrize(
    ("token", "named"), [("", "TELEGRAM_BOT_TOKEN"), (TOKEN, "wenfa prepare")], ids=["none", "set"]
)
def test_the_command_says_it_in_one_line(token: str, named: str, tmp_path: Path) -> None:
    done = wenfa("telegram", TELEGRAM_BOT_TOKEN=token, WENFA_HOME=str(tmp_path))
    assert done.returncode == 1
    [line] = (done.stdout + done.stderr).splitlines()
    assert line.startswith("停下了：")
    assert named in line
    assert TOKEN not in line


def test_a_taken_port_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "quiet_logs", lambda *_secrets: None)
    monkeypatch.setattr("sys.setswitchinterval", lambda _seconds: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(
            home=tmp_path,
            telegram_token=TOKEN,
            telegram_webhook_url=HOOK,
            telegram_webhook_secret="abc-DEF_123",
            telegram_webhook_port=taken.getsockname()[1],
        )
        with pytest.raises(CannotStart, match="已被占用"):
            run(settings)


def test_settings_do_not_show_their_secrets() -> None:
    settings = Settings(telegram_token=TOKEN, telegram_webhook_secret="abc-DEF_123")
    assert TOKEN not in repr(settings)
    assert "abc-DEF_123" not in repr(settings)


def test_nobody_logs_the_token_or_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stderr", out)
    root = logging.getLogger()
    kept = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in (*TALKATIVE, "asyncio")}
    try:
        quiet_logs(TOKEN, "")
        for name in (*TALKATIVE, "telegram.Bot", "httpcore.connection"):
            logging.getLogger(name).critical("POST https://api.telegram.org/bot%s/x", TOKEN)
        logging.getLogger("bot.somewhere").warning("失败 %s", f"/bot{TOKEN}/x")
    finally:
        root.handlers[:], root.level = kept[0], kept[1]
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
    [line] = out.getvalue().splitlines()
    assert "失败 /bot…/x" in line


def test_a_proxy_variable_leads_only_outward(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    here = make_bot(TOKEN, "http://127.0.0.1:1/")
    assert here.base_url == f"http://127.0.0.1:1/bot{TOKEN}"
    assert not here.request._client.trust_env  # type: ignore[attr-defined]
    away = make_bot(TOKEN, "https://api.telegram.org")
    assert away.request._client.trust_env  # type: ignore[attr-defined]
