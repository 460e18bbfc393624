"""The call script: what an operator reads aloud, in order. Pure; the words are scripts.yml."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bot.words import words

CHANNELS = ("phone", "counter")
# questions whose answer can be heard in what the caller says
WHEN, WHERE = "when", "where"


@dataclass(frozen=True)
class Line:
    """One sentence; `heard`: the caller has said it already. `id` stays while the caller talks."""

    id: str
    text: str
    heard: bool = False


@dataclass(frozen=True)
class Step:
    """open | safe | ask | agree | end, with its title and lines."""

    step: str
    title: str
    lines: tuple[Line, ...]

    def shape(self) -> dict[str, Any]:
        """As the API gives it."""
        return {
            "step": self.step,
            "title": self.title,
            "lines": [{"id": one.id, "text": one.text, "heard": one.heard} for one in self.lines],
        }


def script(
    channel: str,
    service: str | None,
    matter: str | None,
    urgent: str,
    heard: Collection[str] = (),
    *,
    judged: bool = True,
) -> tuple[Step, ...]:
    """The steps for a call: with an urgent kind the safe step stands before everything.

    `heard` names questions (WHEN, WHERE) that are answered by what was said. Where nobody has
    `judged` how urgent it is, nobody is asked to rate either.
    """
    says = words("scripts")
    safe = _plain("safe", says["safe"].get(urgent, ()))
    rate = (Line("rate", says["rate"]),) if judged and not safe else ()
    steps = (
        ("safe", safe),
        ("open", (Line("open", says["open"][channel]),)),
        ("ask", tuple(Line(id_, text, id_ in heard) for id_, text in asked(service, matter))),
        ("agree", _plain("agree", says["agree"])),
        ("end", (*_plain("end", says["end"]), *rate)),
    )
    return tuple(Step(step, says["steps"][step], lines) for step, lines in steps if lines)


def asked(service: str | None, matter: str | None) -> tuple[tuple[str, str], ...]:
    """(id, question) for a service and matter: the service's own way of asking goes before."""
    ask = words("scripts")["ask"]
    of_service: Mapping[str, Any] = ask["services"].get(service or "", {})
    of_matter: Mapping[str, Any] = ask["matters"].get(matter or "", {})
    if "only" in of_service:
        return tuple((f"{service}.{n}", text) for n, text in enumerate(of_service["only"], 1))
    own = {
        id_: of_service.get(id_) or of_matter.get(id_) or text
        for id_, text in ask["general"].items()
    }
    more = [
        (f"{name}.{n}", text)
        for name, part in ((matter, of_matter), (service, of_service))
        for n, text in enumerate(part.get("more", ()), 1)
    ]
    return (*own.items(), *more)


def _plain(step: str, texts: Collection[str]) -> tuple[Line, ...]:
    return tuple(Line(f"{step}.{number}", text) for number, text in enumerate(texts, 1))
