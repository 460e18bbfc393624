"""Commands, menu and keys: everything that can be tapped leads somewhere, and fits."""

from __future__ import annotations

import re

import pytest

from bot.channels.telegram import commands
from bot.channels.telegram.commands import Command
from bot.channels.telegram.rendering import LARGEST_DATA
from bot.gateway.choices import is_choice
from bot.gateway.moves import TAPPED
from bot.gateway.phrases import recognise
from bot.words import words
from knowledge.catalogue import Catalogue
from knowledge.taxonomy import taxonomy


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/start", Command("start", "")),
        ("/start point-442000106", Command("start", "point-442000106")),
        ("/HUMAN", Command("human", "")),
        ("/menu@wenfa_bot", Command("menu", "")),
        ("/nothing here", Command("nothing", "here")),
        ("服务菜单", Command("menu", "")),
        ("/start\nx", Command("start", "x")),
    ],
)
def test_commands_are_told_from_words(text: str, command: Command) -> None:
    assert commands.command_in(text) == command


@pytest.mark.parametrize(
    "text",
    ["老板欠我工资", "/", "//start", '/legal_aid{"region": 1}', "/咨询", "他说 /start", "/a-b"],
)
def test_words_are_words(text: str) -> None:
    assert commands.command_in(text) is None


def test_every_tap_that_exists_fits_a_button(catalogue: Catalogue) -> None:
    values = [f"service:{id_}" for id_ in taxonomy().services]
    values += [f"request:{id_}" for id_ in taxonomy().requests]
    values += [f"region:{id_}" for id_ in catalogue.atlas.regions]
    values += [f"city:{id_}" for id_ in catalogue.atlas.cities]
    values += [f"do:{verb}" for verb in TAPPED]
    values += [f"rate:{'f' * 16}:{score}" for score in words("replies")["rating"]["scores"]]
    values += [f"{commands.MENU}{group}" for group, _ in taxonomy().menu]
    assert len(values) > 3000
    assert [value for value in values if not 1 <= len(value.encode()) <= LARGEST_DATA] == []


def test_the_menu_leads_to_every_service_in_two_taps(catalogue: Catalogue) -> None:
    first = commands.main_menu(catalogue)
    found = [choice["value"] for choice in first if is_choice(catalogue, choice["value"])]
    doors = [choice["value"] for choice in first if choice["value"] not in found]
    for door in doors:
        assert commands.group_title(door)
        services = commands.services_of(catalogue, door.removeprefix(commands.MENU))
        assert services
        found += [choice["value"] for choice in services]
    shown = {s.id for s in catalogue.services.values() if s.menu_group in dict(taxonomy().menu)}
    assert sorted(found) == sorted(f"service:{id_}" for id_ in shown)


@pytest.mark.parametrize("value", ["menu:", "menu:hidden", "menu", "x:main"])
def test_there_is_no_other_group(value: str) -> None:
    assert commands.group_title(value) is None


def test_the_commands_lead_to_taps_that_there_are(catalogue: Catalogue) -> None:
    assert all(is_choice(catalogue, tap) for tap in commands.TAPS.values())
    known = {*commands.TAPS, "start", "menu", "place", "help"}
    content = words("telegram")
    assert set(content["commands"]) == known - {"start"}
    assert set(re.findall(r"/(\w+)", content["help"])) < known
    for name, title in content["commands"].items():  # what Telegram takes
        assert re.fullmatch(r"[a-z0-9_]{1,32}", name)
        assert 1 <= len(title) <= 256


def test_every_key_says_something_that_is_understood() -> None:
    for choice in commands.key_choices():
        if choice["value"] != commands.LOCATION:
            title = choice["title"]
            assert recognise(title) or commands.command_in(title), title


def test_a_poster_s_code_is_a_place(catalogue: Catalogue) -> None:
    for points in catalogue.points.values():
        for point in points:
            code = point.id.replace(".", "-")
            assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", code)  # what a deep link may carry
    some = next(iter(catalogue.points.values()))[0]
    assert commands.point_of(catalogue, some.id.replace(".", "-")) == some
    assert commands.point_of(catalogue, some.id) == some
    assert commands.point_of(catalogue, "point-000000") is None
