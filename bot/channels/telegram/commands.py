"""Commands, the service menu and the keys under the input: what they are to the gateway. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.gateway.inbound import PERSON
from bot.gateway.moves import Move
from bot.words import words
from knowledge.catalogue import Catalogue, ServicePoint
from knowledge.taxonomy import taxonomy

Choice = dict[str, str]
# commands that are a tap of the gateway's own
TAPS = {
    "human": PERSON,
    "progress": f"do:{Move.progress}",
    "city": f"do:{Move.change_city}",
    "cancel": f"do:{Move.cancel}",
    "restart": f"do:{Move.restart}",
}
# choices that only this channel knows
LOCATION = "ask:location"
MENU = "menu:"
KEY = "key:"
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@\w{1,64})?(?:\s+(.*))?", re.DOTALL | re.ASCII)


@dataclass(frozen=True)
class Command:
    """`/name rest`, as a resident sent it."""

    name: str
    rest: str


def command_in(text: str) -> Command | None:
    """The command that a message is; None for words, also those that begin with a stroke."""
    found = _COMMAND.fullmatch(text)
    if found:
        return Command(found[1].lower(), (found[2] or "").strip())
    # a key under the input sends what stands on it
    return Command("menu", "") if text == words("telegram")["keys"]["menu"] else None


def key_choices() -> list[Choice]:
    """The keyboard that stays under the input: share the place, and the ways that most need."""
    titles = words("telegram")["keys"]
    values = {"location": LOCATION}
    return [
        {"title": title, "value": values.get(name, f"{KEY}{name}")}
        for name, title in titles.items()
    ]


def main_menu(catalogue: Catalogue) -> list[Choice]:
    """The services of the first group, then a door to each of the others."""
    (first, _), *others = taxonomy().menu
    text = words("telegram")["menu_more"]
    more = [
        {"title": text.format(group=title), "value": f"{MENU}{group}"} for group, title in others
    ]
    return services_of(catalogue, first) + more


def services_of(catalogue: Catalogue, group: str) -> list[Choice]:
    """The services of a group of the menu."""
    return [
        {"title": service.name, "value": f"service:{service.id}"}
        for service in catalogue.menu(group)
    ]


def group_title(choice: str) -> str | None:
    """The title of the menu's group that was tapped; None when it is none."""
    group = choice.removeprefix(MENU)
    return dict(taxonomy().menu).get(group) if choice.startswith(MENU) else None


def point_of(catalogue: Catalogue, payload: str) -> ServicePoint | None:
    """The service point whose poster was scanned: its id, with - for . (Telegram allows no dot)."""
    return catalogue.point(payload.replace("-", "."))
