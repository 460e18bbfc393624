"""The engine's memory: bounded, one row a turn, the same after a restart; on both databases."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import TrackerStore, check_if_tracker_store_async
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from engine import tracker_store
from engine.tracker_store import DAYS_KEPT, HISTORY, BoundedTrackerStore, turns

POSTGRESQL = os.environ.get(
    "WENFA_TEST_POSTGRESQL_ENGINE", "postgresql+psycopg2://root@127.0.0.1:5432/test"
)


def slot(**more: Any) -> dict[str, Any]:
    """A slot as in domain/; anew each time, for Rasa eats what it reads."""
    mappings = [{"type": "custom"}]
    return {"type": "text", "influence_conversation": False, "mappings": mappings, **more}


DOMAIN = Domain.from_dict(
    {
        "intents": ["legal_aid"],
        "actions": ["action_refer"],
        "slots": {
            "region_id": slot(),
            "service": slot(),
            "trouble": slot(),
            "channel": slot(initial_value="web"),
        },
        "forms": {"intake": {"required_slots": []}},
    }
)
LISTEN = "action_listen"
Open = Callable[[], BoundedTrackerStore]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the test's own: a file, or a schema that is dropped afterwards."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'engine.sqlite3'}"
        return
    server = sa.create_engine(POSTGRESQL)
    schema = f"wenfa_engine_test_{uuid.uuid4().hex[:12]}"
    try:
        with server.begin() as connection:
            connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
    except sa.exc.OperationalError as error:
        reason = f"NOT TESTED on PostgreSQL, no server answers at {POSTGRESQL}: {error.orig}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    try:
        yield f"{POSTGRESQL}?options=-csearch_path%3D{schema}"
    finally:
        with server.begin() as connection:
            connection.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))
        server.dispose()


@pytest.fixture
def opened(url: str) -> Iterator[Open]:
    """Opens the store; a second call is a restart of the engine."""
    stores: list[BoundedTrackerStore] = []

    def open_store() -> BoundedTrackerStore:
        stores.append(BoundedTrackerStore(DOMAIN, host=url))
        return stores[-1]

    yield open_store
    for store in stores:
        store._engine.dispose()


async def begin(store: BoundedTrackerStore, sender: str = "resident") -> DialogueStateTracker:
    """The tracker of a turn, as Rasa's processor asks for it."""
    tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
    if not tracker.events:
        started = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted(LISTEN)]
        tracker.update_with_events(started, DOMAIN)
    return tracker


def said(tracker: DialogueStateTracker, text: str, *more: Event) -> None:
    """What one turn adds."""
    events = [
        UserUttered(text, intent={"name": "legal_aid", "confidence": 0.9}),
        ActionExecuted("action_refer"),
        *more,
        BotUttered(f"re: {text}"),
        ActionExecuted(LISTEN),
    ]
    tracker.update_with_events(events, DOMAIN)


async def turn(
    store: BoundedTrackerStore, text: str, *more: Event, sender: str = "resident"
) -> DialogueStateTracker:
    tracker = await begin(store, sender)
    said(tracker, text, *more)
    await store.save(tracker)
    return tracker


async def known(store: BoundedTrackerStore, sender: str = "resident") -> DialogueStateTracker:
    tracker = await store.retrieve(sender)
    assert tracker is not None
    return tracker


def texts(tracker: DialogueStateTracker) -> list[str]:
    return [event.text for event in tracker.events if isinstance(event, UserUttered)]


def rows(store: BoundedTrackerStore, sender: str = "resident") -> list[list[dict[str, Any]]]:
    query = sa.select(turns.c.events).where(turns.c.sender_id == sender).order_by(turns.c.id)
    with store._engine.connect() as connection:
        return [json.loads(row.events) for row in connection.execute(query)]


def written(store: BoundedTrackerStore, sender: str = "resident") -> list[str]:
    """Every utterance on disk, in order."""
    return [
        event["text"] for row in rows(store, sender) for event in row if event["event"] == "user"
    ]


def replayed(tracker: DialogueStateTracker) -> DialogueStateTracker:
    """What Rasa gets when it copies a tracker: its events played again."""
    copy = DialogueStateTracker.from_events(
        tracker.sender_id, list(tracker.events), DOMAIN.slots, domain=DOMAIN
    )
    assert isinstance(copy, DialogueStateTracker)
    return copy


async def test_a_conversation_is_remembered(opened: Open) -> None:
    store = opened()
    await turn(store, "一", SlotSet("region_id", "442000"))
    await turn(store, "二")
    tracker = await known(store)
    assert texts(tracker) == ["一", "二"]
    assert tracker.get_slot("region_id") == "442000"
    assert await opened().retrieve("somebody else") is None


async def test_a_restart_changes_nothing(opened: Open) -> None:
    store = opened()
    for number in range(5):
        before = await turn(store, str(number), SlotSet("trouble", f"欠薪{number}"))
    after = await known(opened())
    assert texts(after) == texts(before)
    assert after.get_slot("trouble") == "欠薪4"
    assert after.latest_message.intent["name"] == "legal_aid"
    assert after.latest_action_name == LISTEN


async def test_one_row_a_turn(opened: Open) -> None:
    store = opened()
    for number in range(10):
        await turn(store, str(number))
    assert len(rows(store)) == 10
    assert all(sum(event["event"] == "user" for event in row) == 1 for row in rows(store))
    tracker = await begin(store)
    await store.save(tracker)  # nothing new
    assert len(rows(store)) == 10
    assert written(store) == [str(number) for number in range(10)]


async def test_one_row_a_turn_after_a_restart(opened: Open) -> None:
    await turn(opened(), "一")
    store = opened()
    await turn(store, "二")
    assert written(store) == ["一", "二"]


async def test_history_is_bounded_and_slots_and_loop_outlive_it(opened: Open) -> None:
    store = opened()
    await turn(store, "先说地方", SlotSet("region_id", "442000"), ActiveLoop("intake"))
    for number in range(399):
        tracker = await turn(store, str(number), SlotSet("trouble", f"第{number}件"))
        assert len(tracker.events) <= HISTORY
    assert len(rows(store)) == 400
    for held in (await known(store), await known(opened())):
        assert len(held.events) <= HISTORY
        assert texts(held)[-1] == "398"
        for tracker in (held, replayed(held)):
            assert tracker.get_slot("region_id") == "442000"
            assert tracker.get_slot("trouble") == "第398件"
            assert tracker.active_loop_name == "intake"
            assert tracker.latest_action_name == LISTEN


async def test_history_is_bounded_when_every_restart_reads_it_back(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracker_store, "TURNS_READ_BACK", 3)
    await turn(opened(), "先说地方", SlotSet("region_id", "442000"))
    for number in range(8):
        await turn(opened(), str(number))
    tracker = await known(opened())
    assert texts(tracker) == ["5", "6", "7"]
    assert tracker.get_slot("region_id") == "442000"


async def test_what_was_taken_back_stays_so(opened: Open) -> None:
    store = opened()
    await turn(
        store, "一", SlotSet("service", "legal_aid"), SlotSet("channel", "telegram"),
        ActiveLoop("intake"),
    )  # fmt: skip
    await turn(store, "二", SlotSet("service", None), SlotSet("channel", None), ActiveLoop(None))
    for number in range(60):
        await turn(store, str(number))
    for tracker in (await known(store), await known(opened())):
        assert tracker.get_slot("service") is None
        assert tracker.get_slot("channel") is None  # not the initial value again
        assert replayed(tracker).get_slot("channel") is None
        assert tracker.active_loop_name is None


async def test_a_cut_history_begins_with_a_turn(opened: Open) -> None:
    store = opened()
    for number in range(60):
        tracker = await turn(store, str(number), SlotSet("trouble", str(number)))
    kinds = [type(event) for event in tracker.events]
    first = next(at for at, kind in enumerate(kinds) if kind not in (SlotSet, ActiveLoop))
    assert isinstance(tracker.events[first], ActionExecuted)
    assert tracker.events[first].action_name == LISTEN
    assert kinds[first + 1] is UserUttered


async def test_one_endless_turn_is_kept_whole(opened: Open) -> None:
    store = opened()
    tracker = await begin(store)
    said(tracker, "一", *[BotUttered(str(number)) for number in range(3 * HISTORY)])
    del tracker.events[-1]  # still going on
    await store.save(tracker)
    assert len(tracker.events) > 3 * HISTORY
    assert texts(await known(opened())) == ["一"]


@pytest.mark.parametrize("earlier", [0, 1, 60])
async def test_a_turn_that_fails_half_way_leaves_nothing(opened: Open, earlier: int) -> None:
    store = opened()
    for number in range(earlier):
        await turn(store, str(number), SlotSet("service", "legal_aid"))
    saved = len(rows(store))
    failing = await begin(store)
    said(failing, "坏的一轮", SlotSet("service", "notarization"))
    # never saved: the action server is away, say
    tracker = await begin(store)
    assert "坏的一轮" not in texts(tracker)
    assert tracker.get_slot("service") == ("legal_aid" if earlier else None)
    said(tracker, "好的一轮")
    await store.save(tracker)
    assert len(rows(store)) == saved + 1
    assert written(store) == [*map(str, range(earlier)), "好的一轮"]
    assert texts(await known(opened()))[-1] == "好的一轮"


async def test_a_save_that_fails_leaves_nothing(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened()
    await turn(store, "一")
    tracker = await begin(store)
    said(tracker, "二")
    with monkeypatch.context() as broken:
        broken.setattr(json, "dumps", _full_disk)
        with pytest.raises(OSError, match="disk"):
            await store.save(tracker)
    assert texts(await begin(store)) == ["一"]
    await turn(store, "三")
    assert written(store) == ["一", "三"]


def _full_disk(*_: Any) -> str:
    raise OSError("disk full")


async def test_a_look_during_a_turn_writes_nothing_twice(opened: Open) -> None:
    """GET /conversations/…/tracker takes no lock."""
    store = opened()
    await turn(store, "一")
    tracker = await begin(store)
    said(tracker, "二")
    assert texts(await known(store)) == ["一"]
    await store.save(tracker)
    await turn(store, "三")
    assert written(store) == ["一", "二", "三"]
    assert texts(await known(store)) == ["一", "二", "三"]


async def test_a_look_between_turns_loses_nothing(opened: Open) -> None:
    store = opened()
    await turn(store, "一")
    assert await store.exists("resident")
    assert texts(await known(store)) == ["一"]
    await turn(store, "二")
    assert written(store) == ["一", "二"]


async def test_a_conversation_made_by_rasas_api_is_kept(opened: Open) -> None:
    store = opened()
    created = await store.get_or_create_tracker("resident")
    assert [event["event"] for row in rows(store) for event in row] == ["action"]
    said(created, "一")
    await store.save(created)
    assert texts(await known(opened())) == ["一"]
    assert written(store) == ["一"]


async def test_senders_do_not_mix(opened: Open) -> None:
    store = opened()
    for number in range(3):
        for sender in ("甲", "乙"):
            await turn(store, f"{sender}{number}", SlotSet("trouble", sender), sender=sender)
    for sender in ("甲", "乙"):
        tracker = await known(opened(), sender)
        assert texts(tracker) == [f"{sender}{number}" for number in range(3)]
        assert tracker.get_slot("trouble") == sender
    assert sorted(await store.keys()) == ["乙", "甲"]


async def test_only_so_many_trackers_live_in_memory(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracker_store, "LIVE_TRACKERS", 3)
    store = opened()
    for number in range(6):
        await turn(store, "一", sender=str(number))
    assert len(store._live) == 3
    for number in range(6):  # the others come back from disk
        await turn(store, "二", sender=str(number))
        assert written(store, str(number)) == ["一", "二"]


def age(store: BoundedTrackerStore, days: float, text: str | None = None) -> None:
    change = turns.update().values(at=time.time() - days * 86400)
    if text:
        change = change.where(turns.c.events.contains(json.dumps(text)[1:-1]))
    with store._engine.begin() as connection:
        connection.execute(change)


async def test_old_conversations_are_forgotten_at_start(opened: Open) -> None:
    store = opened()
    await turn(store, "old", sender="old")
    age(store, DAYS_KEPT + 1)
    await turn(store, "recent", sender="recent")
    age(store, DAYS_KEPT - 1, "recent")
    after = opened()
    assert await after.keys() == ["recent"]
    assert await after.retrieve("old") is None
    assert texts(await known(after, "recent")) == ["recent"]


async def test_what_forgotten_turns_had_set_still_holds(opened: Open) -> None:
    store = opened()
    await turn(store, "long ago", SlotSet("region_id", "442000"), ActiveLoop("intake"))
    age(store, DAYS_KEPT + 1)
    await turn(store, "today")
    tracker = await known(opened())
    assert texts(tracker) == ["today"]
    assert tracker.get_slot("region_id") == "442000"
    assert tracker.active_loop_name == "intake"


async def test_a_slot_that_a_later_domain_dropped_is_left_out(opened: Open, url: str) -> None:
    await turn(opened(), "一", SlotSet("trouble", "x"), SlotSet("region_id", "442000"))
    fewer = BoundedTrackerStore(Domain.from_dict({"slots": {"region_id": slot()}}), host=url)
    tracker = await known(fewer)
    assert tracker.get_slot("region_id") == "442000"
    assert "trouble" not in tracker.slots
    fewer._engine.dispose()


async def test_odd_characters_come_back(opened: Open) -> None:
    text = '老闆話："冇錢" 😀\n\'; DROP TABLE engine_turn;--'
    await turn(opened(), text)
    assert texts(await known(opened())) == [text]


async def test_rasa_makes_it_from_an_endpoint(url: str) -> None:
    endpoint = EndpointConfig(url=url, type="engine.tracker_store.BoundedTrackerStore")
    store = TrackerStore.create(endpoint, DOMAIN)
    inner = getattr(store, "_tracker_store", store)
    assert isinstance(inner, BoundedTrackerStore)
    assert check_if_tracker_store_async(inner)
    await turn(inner, "一")
    assert written(inner) == ["一"]
    inner._engine.dispose()


def test_sqlite_survives_a_crash_of_the_engine(tmp_path: Path) -> None:
    store = BoundedTrackerStore(DOMAIN, host=f"sqlite:///{tmp_path / 'engine.sqlite3'}")
    with store._engine.connect() as connection:
        assert connection.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"
    store._engine.dispose()
