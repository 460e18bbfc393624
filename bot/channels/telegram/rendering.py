"""A message of ours as Telegram shows it: plain text, urgent notices first, choices as buttons.

No parse mode is ever used, so nothing that anybody writes can become markup; links of ours to the
law's pages go beside the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
)

from bot.channels.telegram.citations import Links, citations
from bot.channels.telegram.commands import LOCATION, Choice
from bot.channels.telegram.splitting import LARGEST, split
from bot.gateway.states import Author
from bot.summary.reading import read_summary
from bot.summary.sheet import stamp
from bot.words import words

LARGEST_DATA = 64  # bytes that a button may carry
# titles up to this length stand two in a row
SHORT_TITLE = 8
# of what only goes with a screening
NOTES_SHOWN = 3
Card = dict[str, Any]
Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup


@dataclass(frozen=True)
class Part:
    """One message of Telegram's."""

    text: str
    markup: Markup | None = None
    links: Links = ()


def render(message: dict[str, Any], site: str = "") -> list[Part]:
    """The parts of a message of the public shape; the buttons stand under the last one.

    `site` is our public address: with one, articles lead to the law's own pages.
    """
    texts = split(_text(message), LARGEST)
    if not texts:
        return []
    links = citations(texts, site)
    markups = [None] * (len(texts) - 1) + [keyboard(message.get("choices") or [])]
    return [Part(*part) for part in zip(texts, markups, links, strict=True)]


def keyboard(choices: list[Choice]) -> Markup | None:
    """Buttons for choices; those with a place to share become the keys under the input."""
    if any(choice["value"] == LOCATION for choice in choices):
        keys = [
            KeyboardButton(choice["title"], request_location=choice["value"] == LOCATION or None)
            for choice in choices
        ]
        rows = [keys[start : start + 2] for start in range(0, len(keys), 2)]
        return ReplyKeyboardMarkup(rows, resize_keyboard=True, is_persistent=True)
    fitting = [choice for choice in choices if len(choice["value"].encode()) <= LARGEST_DATA]
    inline = [
        [InlineKeyboardButton(choice["title"], callback_data=choice["value"]) for choice in row]
        for row in _rows(fitting)
    ]
    return InlineKeyboardMarkup(inline) if inline else None


def _rows(choices: list[Choice]) -> Iterator[list[Choice]]:
    """Two short titles beside each other, a long one alone."""
    row: list[Choice] = []
    for choice in choices:
        short = len(choice["title"]) <= SHORT_TITLE
        if row and (not short or len(row) == 2):
            yield row
            row = []
        row.append(choice)
        if not short:
            yield row
            row = []
    if row:
        yield row


def _text(message: dict[str, Any]) -> str:
    cards = [card for card in message.get("cards") or () if isinstance(card, dict)]
    urgent = [card for card in cards if _urgent(card)]
    others = [card for card in cards if not _urgent(card)]
    blocks = [*_cards(urgent), _said(message), *_cards(others)]
    return "\n\n".join(block for block in blocks if block)


def _said(message: dict[str, Any]) -> str:
    text = str(message.get("text") or "").strip()
    if not text or message.get("author") != Author.operator:
        return text
    content, name = words("telegram"), message.get("author_name")
    form = content["operator"] if name else content["operator_unnamed"]
    return str(form.format(name=name, text=text))


def _urgent(card: Card) -> bool:
    return card.get("type") == "notice" and card.get("tone") == "urgent"


def _cards(cards: list[Card]) -> Iterator[str]:
    desks = 0
    for card in cards:
        if card.get("type") == "referral":
            desks += 1
            yield _referral(card, desks)
        elif card.get("type") == "place":
            yield _place(card)
        elif card.get("type") == "notice":
            yield _notice(card)
        elif card.get("type") == "ticket":
            yield _ticket(card)
        elif card.get("type") == "screening":
            yield _screening(card)
        elif card.get("type") == "faq":
            yield _faq(card)
        else:  # a kind of tomorrow still says what it says
            yield _lines(*(_fact(card.get(name)) for name in ("title", "name", "text")))


def _notice(card: Card) -> str:
    text = words("telegram")["notice"]
    title = _fact(card.get("title"))
    if _urgent(card):
        head = text["urgent"].format(title=title) if title else text["urgent_untitled"]
    else:
        head = text["info"].format(title=title) if title else ""
    calls = [
        text["call"].format(label=_fact(call.get("label")) or _fact(call.get("number")))
        for call in card.get("calls") or ()
    ]
    return _lines(head, _fact(card.get("text")), *calls)


def _referral(card: Card, number: int) -> str:
    text = words("telegram")["referral"]
    name, desk, source = (_fact(card.get(key)) for key in ("name", "desk", "source"))
    return _lines(
        text["head"].format(n=number, name=name),
        text["desk"].format(desk=desk) if desk and desk != name else "",
        _fact(card.get("why")),
        _filled(text, card, "party"),
        _filled(text, card, "deadline"),
        _list(text["mediation"], _ways(card)),
        _filled(text, card, "otherwise"),
        text["source"].format(source=source) if source else text["no_source"],
    )


def _ways(card: Card) -> list[str]:
    way = words("telegram")["referral"]["mediation_way"]
    return [
        way.format(kind=_fact(one.get("kind")), where=_fact(one.get("where")))
        for one in _those(card, "mediation")
    ]


def _place(card: Card) -> str:
    text = words("telegram")["place"]
    head = text["head"] if card.get("verified") is True else text["unverified"]
    minutes, url = card.get("travel_minutes"), _fact(card.get("map_url"))
    facts = [_filled(text, card, name) for name in text["names"]]
    missing = [title for name, title in text["names"].items() if not _fact(card.get(name))]
    rough = card.get("approximate") is True and (
        _fact(card.get("address")) or card.get("distance_km") is not None
    )
    return _lines(
        head.format(name=_fact(card.get("name"))),
        _distance(card.get("distance_km")),
        text["travel"].format(n=minutes) if isinstance(minutes, int) else "",
        *facts,
        text["open"] if card.get("open_now") is True else "",
        text["shut"] if card.get("open_now") is False else "",
        _filled(text, card, "hours_exceptions"),
        *(_person(one) for one in _those(card, "people") if _fact(one.get("name"))),
        text["unknown"].format(facts=text["and"].join(missing)) if missing else "",
        text["approximate"] if rough else "",
        text["map"].format(url=url) if url and _fact(card.get("address")) else "",
    )


def _person(one: Card) -> str:
    """Who is there, of which body, by which number."""
    text = words("telegram")["place"]
    values = {name: _fact(one.get(name)) for name in ("role", "name", "organisation", "phone")}
    parts = [
        text["person"],
        text["person_organisation"] if values["organisation"] else "",
        text["person_phone"] if values["phone"] else "",
        "" if one.get("verified") is True else text["person_unverified"],
    ]
    return "".join(part.format(**values) for part in parts)


def _distance(km: Any) -> str:
    text = words("telegram")["place"]
    if not isinstance(km, int | float):
        return ""
    if km < 0.1:
        return str(text["near"])
    if km < 1:
        return str(text["distance_m"].format(n=round(km * 10) * 100))
    return str(text["distance_km"].format(n=round(km, 1) if km < 10 else round(km)))


def _ticket(card: Card) -> str:
    text = words("telegram")["ticket"]
    ahead = card.get("queue_position")
    queue = ""
    if isinstance(ahead, int):
        queue = text["queue"].format(n=ahead) if ahead else text["queue_next"]
    number = _fact(card.get("number_shown")) or _fact(card.get("number"))
    return _lines(text["number"].format(number=number), queue)


def _faq(card: Card) -> str:
    """The short answer, what to do, what to bring, and where it stands."""
    text, lists = words("telegram")["faq"], words("telegram")["screening"]
    steps = [step for step in card.get("steps") or () if isinstance(step, str)]
    source = _fact(card.get("source"))
    blocks = [
        _lines(
            text["head" if card.get("verified") is True else "unverified"].format(
                title=_fact(card.get("title"))
            ),
            _fact(card.get("answer")),
            _fact(card.get("city_text")),
            _filled(text, card, "fee"),
            _filled(text, card, "takes"),
        ),
        _list(text["steps"], [text["step"].format(n=n, text=s) for n, s in enumerate(steps, 1)]),
        _list(lists["needed"], _things(card, "needed")),
        _list(lists["bring"], _things(card, "have_it_bring_it")),
        text["overdue"] if card.get("overdue") is True else "",
        text["unread"] if card.get("read") is not True else "",
        text["source"].format(source=source) if source else text["no_source"],
    ]
    return "\n\n".join(block for block in blocks if block)


def _screening(card: Card) -> str:
    """What may be hoped for first, then where, with what, and why; of the notes only the first."""
    text = words("telegram")["screening"]
    head = text["likely" if card.get("outcome") == "likely" else "open"]
    facts = [
        text["fact"].format(name=_fact(one.get("name")), value=_fact(one.get("value")))
        for one in _those(card, "facts")
    ]
    place = next(_those(card, "apply_at"), None)
    objection = " ".join(_fact(card.get("objection")).split())
    blocks = [
        _lines(head.format(title=_fact(card.get("title"))), text["first_look"]),
        _lines(text["where"], _place(place)) if place else text["nowhere"],
        _list(text["needed"], _things(card, "needed")),
        _list(text["bring"], _things(card, "have_it_bring_it")),
        _list(text["facts"], facts),
        _list(text["basis"], _reasons(card, "basis")),
        _list(text["open_points"], _reasons(card, "open")),
        _list(text["notes"], _reasons(card, "note")[:NOTES_SHOWN]),
        text["objection"].format(text=objection) if objection else "",
        stamp(read_summary(card)),
    ]
    return "\n\n".join(block for block in blocks if block)


def _reasons(card: Card, about: str) -> list[str]:
    text = words("telegram")["screening"]
    lines = []
    for reason in _those(card, "reasons"):
        if reason.get("about") != about:
            continue
        article = _fact(reason.get("article"))
        form = "reason" if reason.get("verified") is True else "reason_unverified"
        line = text[form if article else "reason_bare"]
        lines.append(line.format(text=_fact(reason.get("text")), article=article))
    return lines


def _things(card: Card, required: str) -> list[str]:
    thing = words("telegram")["screening"]["thing"]
    return [
        thing.format(name=_fact(one.get("name")))
        for one in _those(card, "materials")
        if one.get("required") == required
    ]


def _list(head: str, lines: list[str]) -> str:
    return _lines(head, *lines) if lines else ""


def _those(card: Card, key: str) -> Iterator[Card]:
    return (one for one in card.get(key) or () if isinstance(one, dict))


def _filled(text: dict[str, Any], card: Card, name: str) -> str:
    value = _fact(card.get(name))
    return str(text[name].format(**{name: value})) if value else ""


def _fact(value: Any) -> str:
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)
