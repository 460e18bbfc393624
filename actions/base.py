"""What every action of ours shares: it gets the live catalogue, reads a turn, sends a reply."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import answers, interview, law_texts, time_limits
from actions.reply import Reply, likely_services, shown_key, urgent_card, words
from actions.turn import LONGEST_TROUBLE, Turn
from knowledge.atlas import Region
from knowledge.catalogue import LiveCatalogue

# likeliest labels that an operator sees with their sureness
SHOWN = 2
# what is asked for the trouble that was told before, not another one
SAME_TROUBLE = frozenset({"action_find_place", "action_human_handoff"})


class TurnAction(Action):
    """An action as a function from a turn to a reply and what to remember."""

    def __init__(self, live: LiveCatalogue) -> None:
        self._live = live

    @abstractmethod
    def answer(self, turn: Turn, reply: Reply) -> dict[str, Any]:
        """Fill the reply; return the slots to set."""

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """rasa-sdk's door."""
        reply = Reply()
        turn = Turn.read(tracker, self._live.current())
        slots = interview.take(turn, reply, self.name())
        if slots is None:
            slots = time_limits.take(turn, reply)
        if slots is None:
            slots = law_texts.take(turn, reply)
        if slots is None:
            slots = answers.take(turn, reply)
            if slots is None:
                slots = self.answer(turn, reply)
                if turn.slots.get(answers.TAP) and self.name() not in SAME_TROUBLE:
                    slots.setdefault(answers.TAP, None)  # what was answered before is over
            interview.go_on(turn, reply)
        if turn.urgent_kind in interview.ALARMS:
            slots["alarm"] = turn.urgent_kind
        reply.send(dispatcher, understood(turn, turn.slots | slots))
        return [SlotSet(name, value) for name, value in slots.items()]


def understood(turn: Turn, slots: dict[str, Any]) -> dict[str, Any]:
    """What the gateway keeps of a turn for tickets, operators, and "不是这个意思"."""
    return {
        "service": slots.get("service"),
        "matter": slots.get("matter"),
        "region": slots.get("region_id"),
        "trouble": slots.get("trouble"),
        "urgent": turn.urgent_kind,
        "evidence": list(turn.evidence),
        "party": slots.get("party"),
        "sureness": {
            "services": [[ranked.name, ranked.confidence] for ranked in turn.services[:SHOWN]],
            "matters": [[ranked.name, ranked.confidence] for ranked in turn.matters[:SHOWN]],
        },
        "ranking": [
            {"title": title, "value": value}
            for title, value in likely_services(turn)
            if value != f"service:{slots.get('service')}"
        ],
    }


def remember_place(turn: Turn, region: Region | None) -> dict[str, Any]:
    """The slots of a place that was just shown."""
    return {"region_id": region.id, "shown": shown_key(turn, region)} if region else {}


def remember(turn: Turn, region: Region | None) -> dict[str, Any]:
    """The slots of a trouble: its place, service, matter, and the resident's own words."""
    slots = remember_place(turn, region)
    if turn.party:
        slots["party"] = turn.party
    if turn.services or turn.choice:
        slots["service"] = turn.service
    picked = turn.choice is not None and turn.choice[0] == "matter"
    if (turn.matters or picked) and turn.matter:
        slots["matter"] = turn.matter.name
    if turn.text:
        slots["trouble"] = turn.told[:LONGEST_TROUBLE]
    if turn.slots.get("pending") and (turn.text or other_trouble(turn)):
        # said something else, or picked one: what was offered is over
        slots["pending"] = None
    return slots


def ask_which_trouble(turn: Turn, reply: Reply) -> dict[str, Any]:
    """Two troubles in one message: both named, the resident picks the first."""
    text = words()
    first, second = turn.troubles
    said = text["two_troubles"].format(first=first.name, second=second.name)
    choices = [(trouble.name, trouble.choice) for trouble in turn.troubles]
    reply.say(said, choices, urgent_card(turn))
    slots = remember(turn, None)
    # which of them it is about stays open until one is tapped
    slots |= {"service": None, "matter": None}
    slots["pending"] = [[trouble.name, trouble.choice, trouble.matter] for trouble in turn.troubles]
    located = turn.located.resolved
    if located:
        slots["region_id"] = located.id
    return slots


def other_trouble(turn: Turn) -> list[tuple[str, str]]:
    """The trouble that was told beside the tapped one, as a choice; empty when there is none."""
    tapped = ":".join(turn.choice) if turn.choice else None
    pending = [(title, value) for title, value, _ in turn.slots.get("pending") or ()]
    if tapped not in [value for _, value in pending]:
        return []
    text = words()
    return [
        (text["choose_other_trouble"].format(name=title), value)
        for title, value in pending
        if value != tapped
    ]
