"""docs/examples and docs/exchange.md: what they show works against the real thing."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import importlib.util
import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.channels.telegram.webhook import WebhookServer
from bot.gateway.gateway import Gateway
from bot.hooks import signing
from bot.hooks.receiving import Case
from bot.hooks.sending import Sender, written
from bot.hooks.states import Settled
from bot.hooks.systems import ExchangeSystem
from bot.tables import Ticket
from knowledge.catalogue import Catalogue
from tests.bot.accounts.people import Clock
from tests.bot.hooks.desks import Desk
from tests.bot.hooks.other import secret_of

DOCS = Path(__file__).resolve().parents[3] / "docs"
SECRET = secret_of("example")


def _now(clock: Clock) -> int:
    """Unix seconds."""
    return int(clock.now.replace(tzinfo=UTC).timestamp())


def example(name: str) -> ModuleType:
    """A file of docs/examples, as its reader would run it."""
    spec = importlib.util.spec_from_file_location(name, DOCS / "examples" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    folder = tmp_path / "kept"
    folder.mkdir()
    return folder


@pytest.fixture
def receiver(kept: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The example receiver on this machine; its address."""
    module = example("receiver")
    monkeypatch.setattr(module.Receiver, "log_message", lambda *_: None)
    server = module.make_server(0, kept, SECRET)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/cases"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_real_delivery_arrives_is_recognised_again_and_not_when_tampered_with(
    gateway: Gateway, desk: Desk, receiver: str, kept: Path
) -> None:
    clock = Clock()
    row = await desk.passes_on(await desk.ticket(), note="请回电")
    waiting = await desk.delivery(row)
    system = ExchangeSystem(secret=SECRET, url=receiver)
    clock.passes(seconds=30)
    sender = Sender(gateway, {"12345": system}, clock)
    assert await sender.send_next("12345")
    await sender.close()
    assert (await desk.delivery(row)).settled == Settled.taken
    (file,) = kept.iterdir()
    assert file.name == f"{waiting.delivery}.json"
    assert json.loads(file.read_bytes()) == waiting.body

    body = written(waiting.body)
    headers = signing.headers(system.keys, waiting.delivery, _now(clock), body)
    async with httpx.AsyncClient(trust_env=False) as http:
        again = await http.post(receiver, content=body, headers=headers)
        assert (again.status_code, again.json()["detail"]) == (200, "以前收过")
        tampered = body.replace("请回电".encode(), "别回电".encode())
        assert len(tampered) == len(body)
        assert (await http.post(receiver, content=tampered, headers=headers)).status_code == 401
        old = signing.headers(system.keys, "wenfa_old", _now(clock) - 400, body)
        assert (await http.post(receiver, content=body, headers=old)).status_code == 401
        unsigned = {signing.ID: "x"}
        assert (await http.post(receiver, content=body, headers=unsigned)).status_code == 401
        other = b'{"version": 2}'
        signed = signing.headers(system.keys, "wenfa_new", _now(clock), other)
        assert (await http.post(receiver, content=other, headers=signed)).status_code == 422
    assert list(kept.iterdir()) == [file]
    assert file.read_bytes() == body


async def test_many_of_the_same_at_once_are_kept_once(receiver: str, kept: Path) -> None:
    body = b'{"version": 1}'
    headers = signing.headers([signing.key_of(SECRET)], "same", _now(Clock()), body)
    async with httpx.AsyncClient(trust_env=False) as http:
        answers = await asyncio.gather(
            *(http.post(receiver, content=body, headers=headers) for _ in range(8))
        )
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert [file.name for file in kept.iterdir()] == ["same.json"]


def test_the_receiver_runs_by_itself(tmp_path: Path) -> None:
    """As the document says, with no package of ours in reach."""
    with subprocess.Popen(
        [sys.executable, "-I", str(DOCS / "examples" / "receiver.py"), "0", str(tmp_path / "in")],
        env={"EXCHANGE_SECRET": SECRET, "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout
        said = process.stdout.readline().decode()
        address = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert address, said
        answer = httpx.post(address[0], content=b"{}", trust_env=False)
        process.kill()
    assert answer.status_code == 401
    assert (tmp_path / "in").is_dir()


KEYS = st.binary(min_size=24, max_size=64)


@given(KEYS, st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True), st.binary(max_size=200))
def test_both_examples_sign_as_we_do(key: bytes, delivery: str, body: bytes) -> None:
    secret = signing.PREFIX + base64.b64encode(key).decode()
    now = _now(Clock())
    own = signing.headers([key], delivery, now, body)
    assert _SENDER.signed_headers(secret, delivery, now, body) == own
    keys = _RECEIVER.keys_of(f"{secret_of('old')} {secret}")
    given_ = signing.sign([key], delivery, now, body)
    if delivery.replace("_", "").replace("-", ""):
        assert _RECEIVER.is_signed(keys, delivery, str(now), body, given_)
    assert not _RECEIVER.is_signed(keys, delivery, str(now), body + b".", given_)


_SENDER, _RECEIVER = example("sender"), example("receiver")


async def test_the_example_sender_opens_a_ticket(exchanging: FastAPI, gateway: Gateway) -> None:
    """Over the wire, twice: the second time it gets the number of the first."""
    body = (DOCS / "examples" / "case.json").read_bytes()
    door = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{door.getsockname()[1]}/api/v1/exchange/12345"
    server = WebhookServer(uvicorn.Config(exchanging, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve([door]))
    try:
        send, ours, theirs = _SENDER.send, secret_of("all"), secret_of("another")
        first = await asyncio.to_thread(send, url, ours, "case_1", body)
        again = await asyncio.to_thread(send, url, ours, "case_1", body)
        refused = await asyncio.to_thread(send, url, theirs, "case_2", body)
    finally:
        server.should_exit = True
        await serving
    assert (first[0], again[0], refused[0]) == (201, 200, 401)
    assert first[1] == again[1]
    ticket = await gateway.look(lambda session: session.scalars(select(Ticket)).one())
    assert first[1] == {"number": ticket.number}


# ---------------------------------------------------------------- docs/exchange.md


def page() -> str:
    return (DOCS / "exchange.md").read_text(encoding="utf-8")


def test_the_worked_example_is_worked_out_right() -> None:
    """Made from the page alone, step by step as it says, and by us."""
    found = re.findall(
        r"^(密钥|webhook-id|webhook-timestamp|正文|webhook-signature)：`(.*)`$", page(), re.M
    )
    shown = dict(found)
    assert len(found) == len(shown) == 5
    body = shown["正文"].encode()
    key = base64.b64decode(shown["密钥"].removeprefix("whsec_"))
    text = f"{shown['webhook-id']}.{shown['webhook-timestamp']}.".encode() + body
    mac = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    assert shown["webhook-signature"] == f"v1,{mac}"
    time = int(shown["webhook-timestamp"])
    assert signing.sign([key], shown["webhook-id"], time, body) == shown["webhook-signature"]


async def test_the_page_names_every_field_that_goes_out(desk: Desk, catalogue: Catalogue) -> None:
    town = next(r for r in catalogue.atlas.regions.values() if r.name == "小榄镇")
    row = await desk.passes_on(await desk.ticket(region_id=town.id))
    body: dict[str, Any] = (await desk.delivery(row)).body
    out = re.search(r"## 转出去的.*?(?=\n## )", page(), re.S)
    assert out
    listed = set(re.findall(r"^\| (`[^|]*) \|", out[0], re.M))
    assert {name for cell in listed for name in re.findall(r"`(\w+)`", cell)} == set(body)


def test_the_page_names_every_field_that_may_come_in() -> None:
    into = re.search(r"## 转进来的.*?(?=\n## )", page(), re.S)
    assert into
    listed = set(re.findall(r"^\| `(\w+)` \|", into[0], re.M))
    assert listed == set(Case.model_fields)
    required = {name for name, one in Case.model_fields.items() if one.is_required()}
    assert set(re.findall(r"^\| `(\w+)` \| 必填", into[0], re.M)) == required
    Case.model_validate_json((DOCS / "examples" / "case.json").read_bytes())
