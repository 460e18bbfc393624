"""Where to go: how long an answer takes, here and with the places of a whole country.

The country is made up: 3,000 cities with 13 towns and 221 villages each, a point for every one of
them (about 700,000), and names of two characters as in any province, so that most of them exist
many times. It lies in memory beside the real cities, and the same questions are asked of both.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import yaml
from shapely import STRtree
from shapely.geometry import box

from bench.load import Measured
from knowledge.atlas import Atlas, City, Region
from knowledge.boundaries import Boundaries, read_boundaries
from knowledge.catalogue import Catalogue, LiveCatalogue, ServicePoint
from knowledge.contract import located_shape, place_shape
from knowledge.database import connect
from knowledge.edition import city_codes
from knowledge.gazetteer import Gazetteer
from knowledge.places import locate_point, locate_text, nearest

CITIES = 3000
TOWNS, VILLAGES = 13, 17  # towns a city, villages a town
SIDE = 0.3  # degrees of a made-up city's square
SEED = 20261126
ROUNDS = 3
MADE_UP = 500  # questions of residents of made-up cities
SAVED = Path(__file__).resolve().parents[1] / "tests" / "knowledge"
LETTERS = (
    "东西南北中上下大小新老石沙田水山林河湖江海港湾溪泉桥塘坝岗坡岭峰洞岩平安和兴隆福禄寿康"
    "宁永长春秋丰茂盛华光明星月日红黄青白黑金银铜铁龙凤马牛羊鹿鹤燕梅兰竹菊荷桃李杏柳松柏枫"
)


@dataclass(frozen=True)
class Question:
    """A place as a resident gives it: words, or a position."""

    city: str
    text: str = ""
    at: tuple[float, float] | None = None


def ask(catalogue: Catalogue, question: Question) -> int:
    """The whole answer, as the API shapes it; returns the number of places."""
    if question.at:
        located = locate_point(catalogue, *question.at)
    else:
        located = locate_text(catalogue, question.text, question.city)
    shaped = located_shape(catalogue, located)
    if located.resolved is None:
        return len(shaped["ambiguous"])
    places = nearest(catalogue, located.resolved, at=question.at, limit=5)
    return len([place_shape(catalogue, place) for place in places])


def saved_questions() -> list[Question]:
    """The place questions and positions of the tests, as residents ask them."""
    asked = [
        Question(query["city"], text=query["text"])
        for name in ("place_queries.yml", "place_queries_typed.yml")
        for section in yaml.safe_load((SAVED / name).read_text(encoding="utf-8")).values()
        for query in section
    ]
    points = yaml.safe_load((SAVED / "place_points.yml").read_text(encoding="utf-8"))["points"]
    return asked + [Question("zhongshan", at=(point["lat"], point["lng"])) for point in points]


async def measure_door(url: str) -> Measured:
    """GET /places/nearest: every saved question, one after another, through the product's door."""
    measured = Measured()
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        for number in range(ROUNDS + 1):
            for question in saved_questions():
                params: dict[str, Any] = {"city": question.city, "q": question.text}
                if question.at:
                    params = {"lat": question.at[0], "lng": question.at[1]}
                begun = time.perf_counter()
                answer = await client.get("/api/v1/places/nearest", params=params)
                if number:
                    measured.times.append(time.perf_counter() - begun)
                    measured.failed += answer.status_code != httpx.codes.OK
    return measured


def measure_country(database: str) -> dict[str, Measured]:
    """The same questions of the cities that are served, and of them among 3,000 others; and
    questions of residents of the made-up cities, whose names are shared by many."""
    live = LiveCatalogue(connect(database), read_boundaries(city_codes()))
    here = live.current()
    everywhere = country(here)
    chance = random.Random(SEED)
    made = [
        Question(region.city_id, text=f"我在{region.name}那边")
        for region in chance.sample(list(everywhere.atlas.regions.values()), MADE_UP)
    ]
    questions = saved_questions()
    return {
        "places_here": measure_places(here, questions),
        "places_country": measure_places(everywhere, questions),
        "places_made_up": measure_places(everywhere, made),
    }


def measure_places(
    catalogue: Catalogue, questions: Sequence[Question], rounds: int = ROUNDS
) -> Measured:
    """Seconds of each answer; a first round is not counted."""
    measured = Measured()
    for number in range(rounds + 1):
        for question in questions:
            begun = time.perf_counter()
            ask(catalogue, question)
            if number:
                measured.times.append(time.perf_counter() - begun)
    return measured


def country(real: Catalogue, cities: int = CITIES) -> Catalogue:
    """The real cities among made-up ones, with a point in every division."""
    chance = random.Random(SEED)
    regions: dict[str, Region] = dict(real.atlas.regions)
    named: dict[str, City] = dict(real.atlas.cities)
    points: dict[str, tuple[ServicePoint, ...]] = dict(real.points)
    codes: list[str] = []
    squares = []
    card: dict[str, Any] = {"ordinary_words": [], "only_with_ending": [], "plan": {}}
    template = next(iter(real.points.values()))[0]

    def name() -> str:
        return chance.choice(LETTERS) + chance.choice(LETTERS)

    def add(region: Region) -> None:
        regions[region.id] = region
        points[region.id] = (
            replace(
                template, id=f"point.{region.id}", city_id=region.city_id, region_id=region.id,
                level=region.level, name=f"{region.name}服务点", lat=region.lat, lng=region.lng,
            ),
        )  # fmt: skip

    for number in range(cities):
        city, code = f"made{number}", f"9{number:05d}"
        south, west = 20 + SIDE * (number // 60), 75 + SIDE * (number % 60)
        codes.append(code)
        squares.append(box(west, south, west + SIDE, south + SIDE))
        short = f"{name()}{number}"
        named[city] = City(city, f"{short}市", short, "某省", code, card)
        add(Region(code, None, city, "city", "市", f"{short}市", short, None, None))
        for town in range(TOWNS):
            of_town, short = f"{code}{town:03d}", name()
            lat = south + SIDE * chance.random()
            lng = west + SIDE * chance.random()
            add(Region(of_town, code, city, "town", "镇", f"{short}镇", short, lat, lng))
            for village in range(VILLAGES):
                of_village, called = f"{of_town}{village:03d}", name()
                add(
                    Region(
                        of_village, of_town, city, "village", "村", f"{called}村", called,
                        None, None,
                    )
                )  # fmt: skip
    atlas = Atlas(named, regions, real.atlas.aliases)
    tree = STRtree(squares)
    boundaries = _Both(real.boundaries, tuple(codes), tree)
    return replace(
        real,
        atlas=atlas,
        gazetteer=Gazetteer(atlas, real.boundaries.elsewhere, real.boundaries.inner),
        boundaries=boundaries,
        points=points,
    )


class _Both(Boundaries):
    """The real boundaries and the made-up squares."""

    def __init__(self, real: Boundaries, codes: tuple[str, ...], tree: STRtree) -> None:
        super().__init__(real._china, codes, tree, real.elsewhere, real.inner)
        object.__setattr__(self, "_real", real)

    @property
    def drawn(self) -> frozenset[str]:
        real: Boundaries = self._real  # type: ignore[attr-defined]
        return real.drawn | super().drawn

    def codes_at(self, lat: float, lng: float) -> frozenset[str]:
        real: Boundaries = self._real  # type: ignore[attr-defined]
        return real.codes_at(lat, lng) or super().codes_at(lat, lng)
