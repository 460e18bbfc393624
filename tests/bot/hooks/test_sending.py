"""The carrier: at least once under one id, one process at a time, never for ever."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from datetime import UTC, timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Engine

from bot.clock import utcnow
from bot.gateway.gateway import Gateway
from bot.gateway.store import Store
from bot.hooks import signing
from bot.hooks.deliveries import LEASE, later, lease
from bot.hooks.sending import PATIENCE, TOPIC, Sender, delivering, written
from bot.hooks.states import GIVE_UP_AFTER, LONGEST_PAUSE, Settled
from bot.hooks.systems import ExchangeSystem
from bot.hooks.tables import HookDelivery
from bot.tables import Ticket
from tests.bot.accounts.people import Clock
from tests.bot.hooks.desks import Desk
from tests.bot.hooks.other import Other, secret_of

KEY = "12345"
CITIES = ("zhongshan", "qingyuan")
AN_HOUR = 3600.0


@pytest.fixture
def clock() -> Clock:
    """A little ahead: what is put down in the test is due."""
    clock = Clock()
    clock.passes(seconds=60)
    return clock


@pytest_asyncio.fixture
async def sender(
    gateway: Gateway, systems: dict[str, ExchangeSystem], clock: Clock
) -> AsyncIterator[Sender]:
    called = {key: system for key, system in systems.items() if system.url}
    sender = Sender(gateway, called, clock, patience=5)
    yield sender
    await sender.close()


def is_genuine(headers: dict[str, str], body: bytes, secret: str) -> bool:
    return signing.verify(
        [signing.key_of(secret)],
        headers[signing.ID],
        int(headers[signing.TIMESTAMP]),
        body,
        headers[signing.SIGNATURE],
    )


def test_a_lease_outlives_an_attempt() -> None:
    assert timedelta(seconds=2 * PATIENCE) < LEASE


async def test_a_ticket_arrives_signed_and_is_told_on_it(
    desk: Desk, sender: Sender, other: Other, clock: Clock
) -> None:
    ticket = await desk.ticket()
    row = await desk.passes_on(ticket, note="请尽快")
    sent = (await desk.delivery(row)).body
    assert await sender.send_next(KEY)
    (came,) = other.came
    assert came.path == "/cases"
    assert came.headers["content-type"].startswith("application/json")
    assert json.loads(came.body) == sent
    assert sent["note"] == "请尽快"
    assert is_genuine(came.headers, came.body, secret_of("all"))
    assert int(came.headers[signing.TIMESTAMP]) == int(clock.now.replace(tzinfo=UTC).timestamp())
    done = await desk.delivery(row)
    assert (done.settled, done.attempts, done.error) == (Settled.taken, 1, None)
    assert done.delivery == came.headers[signing.ID]
    assert done.body == {}  # a resident's words are not kept a second time
    assert (await desk.told(ticket))[-2:] == [
        "居民同意，转给12345 政务服务便民热线，等对方收下",
        "12345 政务服务便民热线已经收下",
    ]
    assert not await sender.send_next(KEY)


async def test_while_a_secret_is_changed_both_sign(
    gateway: Gateway, desk: Desk, other: Other, clock: Clock
) -> None:
    await desk.passes_on(await desk.ticket())
    both = f"{secret_of('new')} {secret_of('all')}"
    system = ExchangeSystem(secret=both, url=other.url)
    sender = Sender(gateway, {KEY: system}, clock)
    await sender.send_next(KEY)
    await sender.close()
    (came,) = other.came
    for name in ("new", "all"):
        assert is_genuine(came.headers, came.body, secret_of(name))
    assert not is_genuine(came.headers, came.body, secret_of("other"))


async def test_every_repetition_has_the_same_id_and_body_and_a_new_time(
    desk: Desk, sender: Sender, other: Other, clock: Clock
) -> None:
    row = await desk.passes_on(await desk.ticket())
    other.answers = [500, 503, 429, 408, 302, 200]
    for attempt in range(1, 6):
        assert await sender.send_next(KEY)
        waiting = await desk.delivery(row)
        assert (waiting.settled, waiting.attempts) == (None, attempt)
        assert waiting.error in {"HTTP 500", "HTTP 503", "HTTP 429", "HTTP 408", "HTTP 302"}
        assert not await sender.send_next(KEY)  # not before its time
        assert clock.now < waiting.next_try_at <= clock.now + timedelta(seconds=LONGEST_PAUSE)
        clock.passes(seconds=AN_HOUR)
    assert await sender.send_next(KEY)
    assert (await desk.delivery(row)).settled == Settled.taken
    assert len(other.came) == 6
    assert len({came.headers[signing.ID] for came in other.came}) == 1
    assert len({came.body for came in other.came}) == 1
    assert len({came.headers[signing.TIMESTAMP] for came in other.came}) == 6
    assert all(is_genuine(came.headers, came.body, secret_of("all")) for came in other.came)


async def test_nobody_is_followed_elsewhere(desk: Desk, sender: Sender, other: Other) -> None:
    await desk.passes_on(await desk.ticket())
    other.answers, other.headers = [302], {"location": f"{other.url}/elsewhere"}
    await sender.send_next(KEY)
    assert [came.path for came in other.came] == ["/cases"]


async def test_what_the_other_side_asks_for_is_waited_for(
    desk: Desk, sender: Sender, other: Other, clock: Clock
) -> None:
    row = await desk.passes_on(await desk.ticket())
    other.answers, other.headers = [429], {"retry-after": "1800"}
    await sender.send_next(KEY)
    assert (await desk.delivery(row)).next_try_at == clock.now + timedelta(seconds=1800)


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422])
async def test_a_refusal_is_final_and_an_operator_sees_it(
    desk: Desk, sender: Sender, other: Other, clock: Clock, status: int
) -> None:
    ticket = await desk.ticket()
    row = await desk.passes_on(ticket)
    other.answers = [status]
    assert await sender.send_next(KEY)
    done = await desk.delivery(row)
    assert (done.settled, done.error, done.body) == (Settled.refused, f"HTTP {status}", {})
    assert "没有收下，请另想办法" in (await desk.told(ticket))[-1]
    clock.passes(days=2)
    assert not await sender.send_next(KEY)
    # a person has decided again
    await desk.passes_on(ticket)


async def test_after_a_day_it_is_given_up_and_an_operator_sees_it(
    desk: Desk, sender: Sender, other: Other, clock: Clock
) -> None:
    ticket = await desk.ticket()
    row = await desk.passes_on(ticket)
    began = (await desk.delivery(row)).made_at
    other.answers = [503]
    tries = 0
    while (await desk.delivery(row)).settled is None:
        assert await sender.send_next(KEY)
        tries += 1
        clock.now = max(clock.now, (await desk.delivery(row)).next_try_at)
        assert tries < 60
    assert (await desk.delivery(row)).settled == Settled.given_up
    assert GIVE_UP_AFTER <= clock.now - began <= GIVE_UP_AFTER + timedelta(hours=1)
    assert tries > 20
    assert "不再试了，请另想办法" in (await desk.told(ticket))[-1]
    assert (await desk.delivery(row)).body == {}


async def test_after_a_long_sleep_it_is_tried_once_more(
    desk: Desk, sender: Sender, other: Other, clock: Clock
) -> None:
    row = await desk.passes_on(await desk.ticket())
    clock.passes(days=3)
    assert await sender.send_next(KEY)
    assert (await desk.delivery(row)).settled == Settled.taken


async def test_nobody_there_is_a_reason_to_come_again(
    gateway: Gateway, desk: Desk, clock: Clock
) -> None:
    row = await desk.passes_on(await desk.ticket())
    system = ExchangeSystem(secret=secret_of("all"), url="http://127.0.0.1:9/x")
    sender = Sender(gateway, {KEY: system}, clock)
    assert await sender.send_next(KEY)
    await sender.close()
    waiting = await desk.delivery(row)
    assert (waiting.settled, waiting.error) == (None, "ConnectError")


async def test_who_does_not_answer_is_not_waited_for(
    gateway: Gateway, desk: Desk, other: Other, systems: dict[str, ExchangeSystem], clock: Clock
) -> None:
    row = await desk.passes_on(await desk.ticket())
    enough = threading.Event()
    other.before = lambda: enough.wait(30)
    sender = Sender(gateway, {KEY: systems[KEY]}, clock, patience=0.2)
    try:
        assert await sender.send_next(KEY)
    finally:
        enough.set()
        await sender.close()
    waiting = await desk.delivery(row)
    assert waiting.settled is None
    assert waiting.error in ("TimeoutError", "ReadTimeout")


async def test_a_server_without_a_good_certificate_gets_nothing(
    gateway: Gateway, desk: Desk, other: Other, clock: Clock
) -> None:
    """It speaks no TLS at all: the handshake fails before a word of the resident's is said."""
    row = await desk.passes_on(await desk.ticket())
    address = other.url.replace("http://", "https://")
    system = ExchangeSystem(secret=secret_of("all"), url=address)
    sender = Sender(gateway, {KEY: system}, clock)
    assert await sender.send_next(KEY)
    await sender.close()
    assert other.came == []
    assert (await desk.delivery(row)).error == "ConnectError"


async def test_several_workers_never_send_the_same_at_a_time(
    any_database: Engine,
    gateway: Gateway,
    desk: Desk,
    other: Other,
    systems: dict[str, ExchangeSystem],
) -> None:
    """Four as in four processes, each with a store of its own."""
    wanted = set()
    for _ in range(12):
        row = await desk.passes_on(await desk.ticket())
        wanted.add((await desk.delivery(row)).delivery)
    stores = [Store(any_database) for _ in range(4)]
    senders = [
        Sender(Gateway(store, gateway._engine, gateway._catalogue), {KEY: systems[KEY]})
        for store in stores
    ]

    async def work(sender: Sender) -> None:
        while await sender.send_next(KEY):
            pass

    await asyncio.gather(*map(work, senders))
    for sender in senders:
        await sender.close()
    for store in stores:
        store.close()
    came = [one.headers[signing.ID] for one in other.came]
    assert set(came) == wanted
    assert len(came) == len(wanted)


async def test_killed_between_sending_and_noting_it_goes_again_under_the_same_id(
    any_database: Engine, gateway: Gateway, desk: Desk, other: Other, sender: Sender, clock: Clock
) -> None:
    ticket = await desk.ticket()
    row = await desk.passes_on(ticket)
    started, killed = threading.Event(), threading.Event()
    address = any_database.url.render_as_string(hide_password=False)

    def kill() -> None:
        assert started.wait(30)
        os.kill(process.pid, signal.SIGKILL)
        killed.set()

    other.before = kill
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bot.hooks.sends_one", address, KEY, other.url],
        env={**os.environ, "EXCHANGE_SECRET": secret_of("all")},
    ) as process:
        started.set()
        assert await asyncio.to_thread(process.wait, 60) == -signal.SIGKILL
    assert killed.is_set()
    other.before = lambda: None
    left = await desk.delivery(row)
    assert (left.settled, left.attempts) == (None, 1)
    clock.now = utcnow()
    assert not await sender.send_next(KEY)  # it could still be under way
    clock.passes(seconds=LEASE.total_seconds())
    assert await sender.send_next(KEY)
    first, second = other.came
    assert first.headers[signing.ID] == second.headers[signing.ID] == left.delivery
    assert first.body == second.body
    assert (await desk.delivery(row)).settled == Settled.taken
    assert len([text for text in await desk.told(ticket) if "已经收下" in text]) == 1


async def test_who_comes_back_too_late_does_not_undo_what_others_did(
    gateway: Gateway, desk: Desk, other: Other, systems: dict[str, ExchangeSystem], clock: Clock
) -> None:
    """The first is slow; its lease runs out; a second one delivers; then the first one fails."""
    row = await desk.passes_on(await desk.ticket())
    first_is_there, second_is_done = threading.Event(), threading.Event()

    def hold_the_first() -> None:
        if len(other.came) == 1:
            first_is_there.set()
            assert second_is_done.wait(30)

    other.answers, other.before = [503, 200], hold_the_first
    slow = Sender(gateway, {KEY: systems[KEY]}, clock, patience=30)
    late = asyncio.create_task(slow.send_next(KEY))
    assert await asyncio.to_thread(first_is_there.wait, 30)
    clock.passes(seconds=LEASE.total_seconds())
    quick = Sender(gateway, {KEY: systems[KEY]}, clock)
    assert await quick.send_next(KEY)
    second_is_done.set()
    assert await late
    done = await desk.delivery(row)
    assert (done.settled, done.error) == (Settled.taken, None)
    for sender in (slow, quick):
        await sender.close()


async def test_who_has_lost_the_lease_puts_nothing_off(
    gateway: Gateway, desk: Desk, clock: Clock
) -> None:
    row = await desk.passes_on(await desk.ticket())
    run = gateway.store.run
    first = await run(lambda session: lease(session, KEY, clock.now))
    assert first
    assert await run(lambda session: lease(session, KEY, clock.now)) is None
    clock.passes(seconds=LEASE.total_seconds())
    second = await run(lambda session: lease(session, KEY, clock.now))
    assert second
    assert (second.id, second.delivery, second.attempts) == (row, first.delivery, 2)
    at = clock.now + timedelta(seconds=1)
    assert not await run(lambda session: later(session, first, at, "late"))
    assert (await desk.delivery(row)).next_try_at == second.until
    assert await run(lambda session: later(session, second, at, "HTTP 503"))
    assert (await desk.delivery(row)).next_try_at == at


async def test_a_number_that_is_taken_back_meanwhile_does_not_go(
    gateway: Gateway, desk: Desk, sender: Sender, other: Other, clock: Clock
) -> None:
    ticket = await desk.ticket(contact="138 0013 8000", contact_safe=True)
    row = await desk.passes_on(ticket)
    assert (await desk.delivery(row)).body["contact"] == {"phone": "13800138000"}
    other.answers = [503, 200]
    await sender.send_next(KEY)
    assert b"13800138000" in other.came[0].body

    def take_back(session: Any) -> None:
        session.get_one(Ticket, ticket.id).contact = None

    await gateway.store.run(take_back)
    clock.passes(seconds=AN_HOUR)
    await sender.send_next(KEY)
    assert json.loads(other.came[1].body)["contact"] is None
    assert b"13800138000" not in other.came[1].body


async def test_logs_hold_no_secret_and_no_word_of_the_resident(
    desk: Desk, sender: Sender, other: Other, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    await desk.passes_on(await desk.ticket(), note="不要告诉别人")
    other.answers = [500]
    await sender.send_next(KEY)
    assert "HTTP 500" in caplog.text
    for said in (secret_of("all"), secret_of("all").removeprefix("whsec_"), "工资", "告诉"):
        assert said not in caplog.text


# ---------------------------------------------------------------- beside the app


async def test_a_running_app_delivers_at_once(
    gateway: Gateway, desk: Desk, other: Other, systems: dict[str, ExchangeSystem]
) -> None:
    came = asyncio.Event()
    loop = asyncio.get_running_loop()
    other.before = lambda: loop.call_soon_threadsafe(came.set)
    async with delivering(gateway, systems, CITIES):
        await desk.passes_on(await desk.ticket(), "110_zhongshan")
        gateway.hub.wake(TOPIC)
        async with asyncio.timeout(30):
            await came.wait()
    assert is_genuine(other.came[0].headers, other.came[0].body, secret_of("110"))


async def test_one_bad_delivery_does_not_end_the_task(
    gateway: Gateway,
    desk: Desk,
    other: Other,
    systems: dict[str, ExchangeSystem],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    came = asyncio.Event()
    loop = asyncio.get_running_loop()
    other.before = lambda: loop.call_soon_threadsafe(came.set)
    whole: Callable[..., bytes] = written
    failed: list[dict[str, Any]] = []

    def fails_once(body: dict[str, Any]) -> bytes:
        if not failed:
            failed.append(body)
            raise RuntimeError("scripted")
        return whole(body)

    monkeypatch.setattr("bot.hooks.sending.written", fails_once)
    monkeypatch.setattr("bot.hooks.sending.LOOK_AGAIN", 0.01)
    await desk.passes_on(await desk.ticket())
    await desk.passes_on(await desk.ticket())
    async with delivering(gateway, systems, CITIES), asyncio.timeout(30):
        gateway.hub.wake(TOPIC)
        await came.wait()
    assert failed


async def test_without_a_system_there_is_no_task_and_nothing_waits_for_ever(
    gateway: Gateway, desk: Desk
) -> None:
    ticket = await desk.ticket()
    row = await desk.passes_on(ticket)
    before = asyncio.all_tasks()
    async with delivering(gateway, {}, CITIES):
        assert asyncio.all_tasks() == before
    gone = await desk.delivery(row)
    assert (gone.settled, gone.body) == (Settled.given_up, {})
    assert "请另想办法" in (await desk.told(ticket))[-1]


async def test_what_waits_for_another_system_stays(
    gateway: Gateway, desk: Desk, systems: dict[str, ExchangeSystem]
) -> None:
    kept = await desk.passes_on(await desk.ticket())
    gone = await desk.passes_on(await desk.ticket(), "110_zhongshan")

    def not_yet(session: Any) -> None:
        session.get_one(HookDelivery, kept).next_try_at = utcnow() + timedelta(hours=1)

    await gateway.store.run(not_yet)
    async with delivering(gateway, {KEY: systems[KEY]}, CITIES):
        pass
    assert (await desk.delivery(kept)).settled is None
    assert (await desk.delivery(gone)).settled == Settled.given_up


async def test_a_city_that_is_misspelt_is_said_at_the_start(
    gateway: Gateway, systems: dict[str, ExchangeSystem], caplog: pytest.LogCaptureFixture
) -> None:
    system = ExchangeSystem(secret=secret_of("x"))
    async with delivering(gateway, {**systems, "12348_zhongsan": system}, CITIES):
        pass
    (said,) = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert said.startswith("WENFA_EXCHANGE__12348_ZHONGSAN: ")
