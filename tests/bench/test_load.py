"""The residents: everyone plays every turn, and a side that does not answer is counted."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx
import pytest

from bench import load
from bench.load import NoAnswer, Turn, measure, play
from bench.machine import Watch
from bench.sides import inbound
from tests.scenario import read_scenario

TURNS: list[Turn] = [{"say": "一"}, {"say": "二"}, {"say": "三"}]


@dataclass
class Side:
    """Answers all but `silent`."""

    silent: str = ""
    url: str = "http://127.0.0.1:9"
    heard: dict[str, list[str]] = field(default_factory=dict)

    async def begin(self, client: httpx.AsyncClient) -> str:
        name = str(len(self.heard))
        self.heard[name] = []
        return name

    async def say(self, client: httpx.AsyncClient, conversation: str, turn: Turn) -> None:
        self.heard[conversation].append(turn["say"])
        if turn["say"] == self.silent:
            raise NoAnswer


async def test_every_resident_plays_every_turn_in_order() -> None:
    side = Side()
    measured = await play(side, TURNS, residents=4)
    assert list(side.heard.values()) == [["一", "二", "三"]] * 4
    assert len(measured.times) == 12
    assert measured.failed == 0


async def test_no_answer_is_counted() -> None:
    measured = await play(Side(silent="二"), TURNS, residents=4)
    assert measured.failed == 4


async def test_the_first_round_only_warms_up() -> None:
    one, other = Side(), Side(silent="一")
    results = await measure({"one": (one, TURNS), "other": (other, TURNS)}, 2, residents=2)
    assert len(one.heard) == len(other.heard) == 6
    assert len(results["one"].rates) == 2
    assert len(results["one"].times) == 12
    assert results["other"].failed == 4
    assert min(results["one"].rates) <= results["one"].rate <= max(results["one"].rates)


async def test_a_round_beside_something_else_is_played_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shares = iter([0.9, 0.3, 0.2, 0.01])  # the first round only warms up
    monkeypatch.setattr(Watch, "others", lambda _self: next(shares))
    monkeypatch.setattr(load, "wait_until_alone", lambda _seconds: None)
    side = Side()
    results = await measure({"one": (side, TURNS)}, 1, residents=1, patience=60)
    assert len(side.heard) == 4
    assert results["one"].others == [0.01]
    assert [others for _rate, others, _failed in results["one"].discarded] == [0.3, 0.2]


async def test_without_patience_it_says_what_it_was_beside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Watch, "others", lambda _self: 0.5)
    results = await measure({"one": (Side(), TURNS)}, 2, residents=1)
    assert results["one"].others == [0.5, 0.5]


@pytest.mark.parametrize("turn", read_scenario("wage_arrears")["turns"])
def test_the_journey_as_the_engine_gets_it(turn: Turn) -> None:
    message, metadata = inbound(turn).for_engine("zhongshan", None)
    if "say" in turn:
        assert message == turn["say"]
    elif "tap" in turn:
        assert (message, metadata["choice"]) == ("/legal_aid", "service:legal_aid")
    else:
        assert (message, metadata["location"]) == ("/find_place", turn["at"])
