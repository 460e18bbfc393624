"""The engine's own memory of conversations: bounded, one row a turn, live sessions in memory.

Stock Rasa replays the whole session on every turn, so a long conversation grows slow (69 ms at its
start, 258 ms at turn 200). Here a tracker keeps at most HISTORY events; what the older ones had
set stands before the rest as slot events, so that every copy Rasa makes of a tracker still knows
it. The tables belong to the engine alone.
"""

from __future__ import annotations

import json
import logging
import time
from collections import OrderedDict, deque
from typing import Any, Dict, Iterable, List, Optional, Text

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker

logger = logging.getLogger(__name__)

HISTORY = 100  # events at most
KEPT_AFTER_CUT = 60  # cut in one go, so that not every turn pays for it
TURNS_READ_BACK = 30
LIVE_TRACKERS = 2000
DAYS_KEPT = 30

metadata = sa.MetaData()
turns = sa.Table(
    "engine_turn",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("events", sa.Text, nullable=False),
    # slots and active loop after this turn: what a cut history has to be given back
    sa.Column("state", sa.Text, nullable=False),
    sa.Index("ix_engine_turn_sender_id_id", "sender_id", "id"),
)


class BoundedTrackerStore(TrackerStore):
    """Rasa's tracker store over one table."""

    def __init__(
        self,
        domain: Domain,
        event_broker: Optional[EventBroker] = None,
        host: Text = "sqlite://",
        **kwargs: Any,
    ) -> None:
        """Create the table when missing and forget conversations older than DAYS_KEPT.

        `host` is what Rasa calls the endpoint's url: here an SQLAlchemy 1.4 URL.
        """
        super().__init__(domain, event_broker)
        self._engine = sa.create_engine(host)
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _tune_sqlite)
        metadata.create_all(self._engine)
        self._live: "OrderedDict[Text, DialogueStateTracker]" = OrderedDict()
        with self._engine.begin() as connection:
            oldest = time.time() - DAYS_KEPT * 86400
            connection.execute(turns.delete().where(turns.c.at < oldest))

    async def create_tracker(
        self, sender_id: Text, append_action_listen: bool = True
    ) -> DialogueStateTracker:
        """A new tracker, handed out like one that `retrieve` gives."""
        tracker = await super().create_tracker(sender_id, append_action_listen)
        self._live.pop(sender_id, None)
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append what is new since the last save as one row, then bound the history."""
        new = _unsaved(tracker)
        if new:
            row = {
                "sender_id": tracker.sender_id,
                "at": time.time(),
                "events": json.dumps([event.as_dict() for event in new]),
                "state": json.dumps(_state(tracker)),
            }
            with self._engine.begin() as connection:
                connection.execute(turns.insert(), row)
        bound(tracker)
        _mark_saved(tracker)
        self._live[tracker.sender_id] = tracker
        self._live.move_to_end(tracker.sender_id)
        while len(self._live) > LIVE_TRACKERS:
            self._live.popitem(last=False)

    async def retrieve(self, sender_id: Text) -> Optional[DialogueStateTracker]:
        """The live tracker, or one rebuilt from the last turns; None for an unknown sender.

        The live tracker is handed out, not kept: a turn that fails half-way is never saved, and
        the next one starts from the last saved row.
        """
        live = self._live.pop(sender_id, None)
        if live is not None:
            return live
        rows = self._last_rows(sender_id)
        if not rows:
            return None
        tracker = DialogueStateTracker(sender_id, self.domain.slots)
        # turns before these, left out or long forgotten, may have set what still holds
        _restore(tracker, json.loads(rows[-1].state))
        for row in rows:
            for event in deserialise_events(json.loads(row.events)):
                tracker.update(event, self.domain)
        bound(tracker)
        _mark_saved(tracker)
        return tracker

    async def keys(self) -> Iterable[Text]:
        """Every sender with a stored turn."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(turns.c.sender_id).distinct())
            return [row.sender_id for row in rows]

    def _last_rows(self, sender_id: Text) -> List[Any]:
        query = (
            sa.select(turns.c.events, turns.c.state)
            .where(turns.c.sender_id == sender_id)
            .order_by(turns.c.id.desc())
            .limit(TURNS_READ_BACK)
        )
        with self._engine.connect() as connection:
            return list(connection.execute(query))[::-1]


def _mark_saved(tracker: DialogueStateTracker) -> None:
    # on the tracker itself: a second tracker of the same sender, read meanwhile, has its own
    tracker.last_saved = tracker.events[-1] if tracker.events else None


def _unsaved(tracker: DialogueStateTracker) -> List[Event]:
    last = getattr(tracker, "last_saved", None)
    new: List[Event] = []
    for event in reversed(tracker.events):
        if event is last:
            break
        new.append(event)
    return new[::-1]


def bound(tracker: DialogueStateTracker) -> None:
    """Cut a history over HISTORY events at the start of a turn; slots and loop survive the cut."""
    if len(tracker.events) <= HISTORY:
        return
    events = list(tracker.events)
    cut = len(events) - KEPT_AFTER_CUT
    while cut < len(events) and not _starts_a_turn(events[cut]):
        cut += 1
    if cut == len(events):  # one endless turn: keep it whole
        return
    # what the tail sets again ends the same, so today's values may stand before it
    tracker.events = deque([*_as_events(_state(tracker)), *events[cut:]])


def _starts_a_turn(event: Event) -> bool:
    return isinstance(event, ActionExecuted) and event.action_name == ACTION_LISTEN_NAME


def _state(tracker: DialogueStateTracker) -> Dict[Text, Any]:
    slots = {
        name: slot.value for name, slot in tracker.slots.items() if slot.value != slot.initial_value
    }
    return {"slots": slots, "loop": tracker.active_loop_name}


def _as_events(state: Dict[Text, Any]) -> List[Event]:
    events: List[Event] = [SlotSet(name, value) for name, value in state["slots"].items()]
    return [*events, ActiveLoop(state["loop"])] if state["loop"] else events


def _restore(tracker: DialogueStateTracker, state: Dict[Text, Any]) -> None:
    for event in _as_events(state):
        tracker.update(event)


def _tune_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
