"""An answer that can be checked, in the conversation: short first, its articles, and what follows.

Nobody in danger is given an article to read; a short question after an answer stays on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from actions.reply import Reply, safe_step, urgent_card, words
from actions.turn import NOT_DESKS, Turn
from knowledge.china import today
from knowledge.faq.items import Item
from knowledge.faq.live import as_published, live_index
from knowledge.faq.search import Found, Prior
from knowledge.faq.shape import faq_shape
from knowledge.text import normalise

FILE = Path(__file__).parent / "answers.yml"
TAP = "faq"
PERHAPS = 0.15  # an item this likely may be offered to tap, below the floor
OFFERED = 2
LONGEST_FOLLOW_UP = 16  # letters; what is longer tells something of its own
Slots = dict[str, Any]


@cache
def said() -> dict[str, Any]:
    """The words of answers.yml, read once."""
    content: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return content


def take(turn: Turn, reply: Reply) -> Slots | None:
    """An answer that was tapped, or a short question about the last one; None: the action's."""
    faq = turn.catalogue.faq
    if turn.choice and turn.choice[0] == TAP:
        item = faq.get(turn.choice[1])
        if item is None:  # taken away since it was offered
            return None
        _show(turn, reply, item, turn.city_id, _person())
        return {TAP: item.id, "service": item.services[0], "matter": item.matters[0]}
    item = faq.get(str(turn.slots.get("faq")))
    about = _follow_up(turn.text) if item and turn.calm else None
    if item is None or about is None:
        return None
    reply.say(_ABOUT[about](turn, item), _person(), _safe(turn))
    return {}


def find(turn: Turn) -> Found:
    """The likeliest answers to this message; none for somebody in danger."""
    if not turn.text or not turn.calm or _of_their_trouble(turn):
        return Found((), known=False)
    prior = Prior(
        {ranked.name: ranked.confidence for ranked in turn.matters},
        {ranked.name: ranked.confidence for ranked in turn.services},
    )
    # nobody waits in a conversation: right after a start there are the desks alone
    index = live_index().at_hand(turn.catalogue.faq)
    if index is None:
        return Found((), known=False)
    return as_published(index.search(turn.text, prior), turn.catalogue.faq)


def _of_their_trouble(turn: Turn) -> bool:
    """要带什么材料, after a trouble was told: it is about that, and names nothing to look for."""
    told = turn.slots.get("matter") or turn.slots.get("service")
    return bool(told) and _follow_up(turn.text) is not None


def nobody_wrote(turn: Turn, found: Found) -> bool:
    """Whether something of ours was asked, was looked for, and has no answer yet.

    No hits at all: nothing was looked for, as for a tap, in danger, or right after a start.
    """
    asked = bool(found.hits) and not found.known and turn.service not in NOT_DESKS
    return asked and _follow_up(turn.text) is None


def give(turn: Turn, reply: Reply, found: Found, city_id: str) -> Slots:
    """Say the answer for a city, where there is one."""
    if not found.known:
        return {}
    _show(turn, reply, found.hits[0].item, city_id)
    return {TAP: found.hits[0].item.id}


def near(found: Found) -> list[tuple[str, str]]:
    """What was not said and comes near, to tap."""
    likely = [hit.item for hit in found.hits[:OFFERED] if hit.score >= PERHAPS]
    return [(item.title, f"{TAP}:{item.id}") for item in likely]


def _show(
    turn: Turn, reply: Reply, item: Item, city_id: str, more: Sequence[tuple[str, str]] = ()
) -> None:
    form = said()["answer"]
    card = {"type": "faq", **faq_shape(turn.catalogue, item, city_id, today())}
    choices = [
        (form["helpful"], f"helpful:{item.id}:yes"),
        (form["not_helpful"], f"helpful:{item.id}:no"),
        *more,
    ]
    # what is urgent stands before anything to read
    reply.say(form["head"], choices, [*_safe(turn), card])


def _safe(turn: Turn) -> list[dict[str, Any]]:
    """The safe step for what is urgent now, else for a danger that was heard before."""
    return urgent_card(turn) or safe_step(turn.slots.get("alarm"))


def _person() -> list[tuple[str, str]]:
    text = words()
    return [
        (text["choose_place"], "request:find_place"),
        (text["choose_handoff"], "request:human_handoff"),
    ]


def _follow_up(text: str) -> str | None:
    """What of an answer is asked for, when the whole message is nothing but that."""
    plain = re.sub(r"[\W_]", "", normalise(text))
    if not 0 < len(plain) <= LONGEST_FOLLOW_UP:
        return None
    return next((name for name, asks in _patterns() if asks.fullmatch(plain)), None)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(asks)) for name, asks in said()["follow_up"].items())


def _fee(turn: Turn, item: Item) -> str:
    form = said()["again"]["fee" if item.fee else "no_fee"]
    return str(form.format(title=item.title, fee=item.fee))


def _takes(turn: Turn, item: Item) -> str:
    form = said()["again"]["takes" if item.takes else "no_takes"]
    return str(form.format(title=item.title, takes=item.takes))


def _limits(turn: Turn, item: Item) -> str:
    form = said()["again"]
    limits = [turn.catalogue.limits[id_] for id_ in item.limits if id_ in turn.catalogue.limits]
    if not limits:
        return str(form["no_limits"].format(title=item.title))
    lines = [form["limits"].format(title=item.title)]
    for limit in limits:
        lines.append(form["limit"].format(text=limit.text, basis=limit.basis))
        if limit.exception:
            lines.append(form["exception"].format(exception=limit.exception))
    return "\n".join(lines)


def _materials(turn: Turn, item: Item) -> str:
    form = said()["again"]
    if not item.materials:
        return str(form["no_materials"].format(title=item.title))
    needed = [one.name for one in item.materials if one.needed]
    if_had = [one.name for one in item.materials if not one.needed]
    lines = [form["materials"].format(title=item.title)]
    for name, things in (("needed", needed), ("if_had", if_had)):
        if things:
            lines.append(form[name].format(names=form["and"].join(things)))
    return "\n".join(lines)


def _steps(turn: Turn, item: Item) -> str:
    head = said()["again"]["steps"].format(title=item.title)
    return "\n".join([head, *(f"{n}. {step}" for n, step in enumerate(item.steps, 1))])


_ABOUT: dict[str, Callable[[Turn, Item], str]] = {
    "fee": _fee, "takes": _takes, "limits": _limits, "materials": _materials, "steps": _steps,
}  # fmt: skip
