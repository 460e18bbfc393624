"""A message that asks for an article and nothing else: its text, and that it is no advice.

Whatever the classifier made of it; a message that also tells of a trouble is the action's.
"""

from __future__ import annotations

from typing import Any

from actions.reply import Reply, words
from actions.turn import Turn
from knowledge.china import today
from knowledge.law.heard import asked_for, replaced_law
from knowledge.law.library import Version, laws
from knowledge.law.links import Named, law_url

SHOWN = 2
LONGEST = 700  # characters of an article in a conversation
Slots = dict[str, Any]


def take(turn: Turn, reply: Reply) -> Slots | None:
    """Answer with the articles that are asked for; None: it is the action's."""
    if not turn.text or not turn.calm:
        return None
    form = words()["law_text"]
    person = [(words()["choose_handoff"], "request:human_handoff")]
    old = replaced_law(turn.text)
    if old:
        by = laws().replaced[old]
        reply.say(form["replaced"].format(law=old, by=by), person)
        return {}
    named = asked_for(turn.text)
    if not named:
        return None
    answers = [_card(one) for one in named[:SHOWN]]
    missing = [answer for answer in answers if isinstance(answer, str)]
    cards = [answer for answer in answers if not isinstance(answer, str)]
    said = [*missing, form["said"]] if cards else missing
    reply.say("\n".join(said), person, cards)
    return {}


def _card(named: Named) -> dict[str, Any] | str:
    """The article as a card, or why there is none."""
    form = words()["law_text"]
    version = laws().in_force(named.law, today())
    if version is None:
        return str(form["repealed"].format(law=named.law))
    article = laws().article(version, named.number)
    if article is None:
        return str(form["no_article"].format(law=named.law, number=named.number))
    body = article.text
    if len(body) > LONGEST:
        body = f"{body[:LONGEST]}……\n{form['more']}"
    return {
        "type": "law",
        "title": form["title"].format(law=named.law, number=named.number),
        "text": body,
        "since": _since(version),
        "url": law_url(named.law, named.number),
    }


def _since(version: Version) -> str:
    form, day = words()["law_text"], version.since
    if day is None:
        return str(form["since_unknown"])
    return str(form["since"].format(year=day.year, month=day.month, day=day.day))
