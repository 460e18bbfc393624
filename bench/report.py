"""What was measured: a table for people, one line of JSON for machines, a picture for the docs."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import yaml

from bench.load import Measured

SHOWN = ("stock", "ours", "engine", "echo")
SAME = ("ours_same", "engine_same")
FOUND = (
    "places", "places_here", "places_country", "places_made_up",
    "answers", "answers_here", "answers_many",
    "triage", "assist",
)  # fmt: skip


@cache
def words() -> dict[str, Any]:
    """bench/words.yml."""
    file = Path(__file__).with_name("words.yml")
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content


@dataclass
class Report:
    """One run. `sides` by name; `memory` in MB by side and process; `machine` as measured."""

    date: str
    residents: int
    rounds: int
    turns: int
    same_turns: int
    sides: dict[str, Measured]
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)

    @property
    def gateway_cost(self) -> float:
        """The share of the engine's speed that the gateway takes, where both ask the engine."""
        return 1 - self.sides["ours_same"].rate / self.sides["engine_same"].rate

    @property
    def screening_ms(self) -> dict[str, float]:
        """Milliseconds of a legal-aid screening; empty when none was measured."""
        screening = self.sides.get("screening")
        if screening is None:
            return {}
        return {f"p{share}": round(screening.percentile(share), 1) for share in (50, 99)}

    @property
    def found_ms(self) -> dict[str, dict[str, float]]:
        """Milliseconds of finding places and answers: through the door, in memory, in very many."""
        return {
            name: {f"p{share}": round(self.sides[name].percentile(share), 2) for share in (50, 99)}
            for name in FOUND
            if name in self.sides
        }

    @property
    def assist_ratio(self) -> float | None:
        """How much longer the panel beside a call takes than the triage alone, by the medians."""
        known = self.found_ms
        if "assist" not in known or "triage" not in known:
            return None
        return round(known["assist"]["p50"] / known["triage"]["p50"], 2)

    @property
    def failed(self) -> int:
        return sum(side.failed for side in self.sides.values())

    def table(self) -> str:
        """For people, in Chinese."""
        say = words()
        lines = [
            say["head"].format(residents=self.residents, turns=self.turns, rounds=self.rounds),
            "",
            _row("", say["columns"]),
        ]
        for name in (*SHOWN, *SAME):
            lines.append(_row(self._name(name), self._figures(self.sides[name])))
        lines += [
            "",
            say["gateway"].format(
                cost=self.gateway_cost,
                turns=self.same_turns,
                through=self.sides["ours_same"].rate,
                straight=self.sides["engine_same"].rate,
            ),
        ]
        if self.screening_ms:
            measured = len(self.sides["screening"].times)
            lines.append(say["screening"].format(n=measured, **self.screening_ms))
        for name, figures in self.found_ms.items():
            measured = len(self.sides[name].times)
            lines.append(say[name].format(n=measured, **figures))
        if self.assist_ratio is not None:
            lines.append(say["assist_ratio"].format(ratio=self.assist_ratio))
        for name, processes in self.memory.items():
            shown = "  ".join(
                f"{say['processes'].get(process, process)} {megabytes:.0f}"
                for process, megabytes in processes.items()
            )
            lines.append(
                f"{say['memory']}  {self._name(name)}：{shown}  = {sum(processes.values()):.0f}"
            )
        lines.append(say["machine"].format(**self.machine))
        if known := [share for side in self.sides.values() for share in side.others if share]:
            lines.append(say["others"].format(most=max(known), median=statistics.median(known)))
        return "\n".join(lines)

    def line(self) -> str:
        """For machines: one line of JSON with every raw number."""
        stock = self.sides["stock"].rate
        echo = self.sides["echo"].rate
        return json.dumps(
            {
                "date": self.date,
                "residents": self.residents,
                "rounds": self.rounds,
                "turns": self.turns,
                "sides": {
                    name: {
                        "messages_per_second": round(side.rate, 2),
                        "times_stock": round(side.rate / stock, 2),
                        "of_echo": round(side.rate / echo, 4),
                        "median_ms": round(side.percentile(50), 1),
                        "p99_ms": round(side.percentile(99), 1),
                        "failed": side.failed,
                        "messages": len(side.times),
                        "rounds": [round(rate, 2) for rate in side.rates],
                        "others": side.others,
                        "discarded": [
                            [round(rate, 2), others, failed]
                            for rate, others, failed in side.discarded
                        ],
                    }
                    for name, side in self.sides.items()
                    if side.rates
                },
                "screening_ms": self.screening_ms,
                "found_ms": self.found_ms,
                "assist_ratio": self.assist_ratio,
                "gateway_cost": round(self.gateway_cost, 4),
                "gateway_turns": self.same_turns,
                "memory_mb": {
                    side: {name: round(megabytes) for name, megabytes in processes.items()}
                    for side, processes in self.memory.items()
                },
                "machine": self.machine,
            },
            ensure_ascii=False,
        )

    def picture(self) -> str:
        """Horizontal bars as SVG, readable on light and dark pages."""
        longest = max(self.sides[name].rate for name in SHOWN)
        title = words()["picture_title"].format(residents=self.residents)
        height = 44 + 34 * len(SHOWN)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {height}" role="img" '
            f'aria-label="{escape(title)}" font-family="sans-serif" font-size="15">',
            f'<rect width="720" height="{height}" rx="8" fill="#ffffff"/>',
            f'<text x="16" y="28" font-size="16" fill="#1f2933">{escape(title)}</text>',
        ]
        for index, name in enumerate(SHOWN):
            rate = self.sides[name].rate
            top = 44 + 34 * index
            width = max(2.0, 330 * rate / longest)
            colour = "#1f6f8b" if name == "ours" else "#9fb3c8"
            parts += [
                f'<text x="16" y="{top + 17}" fill="#1f2933">{escape(self._name(name))}</text>',
                f'<rect x="240" y="{top}" width="{width:.0f}" height="24" rx="3" fill="{colour}"/>',
                f'<text x="{248 + width:.0f}" y="{top + 17}" fill="#1f2933">'
                f"{rate:.1f}（× {rate / self.sides['stock'].rate:.1f}）</text>",
            ]
        return "\n".join([*parts, "</svg>"]) + "\n"

    def _name(self, side: str) -> str:
        return str(words()["sides"][side]).format(turns=self.same_turns)

    def _figures(self, side: Measured) -> list[str]:
        return [
            f"{side.rate:.1f}",
            f"× {side.rate / self.sides['stock'].rate:.1f}",
            f"{side.rate / self.sides['echo'].rate:.1%}",
            f"{side.percentile(50):.0f}",
            f"{side.percentile(99):.0f}",
            str(side.failed),
            " ".join(f"{rate:.1f}" for rate in side.rates),
        ]


def _row(name: str, cells: list[str]) -> str:
    *numbers, last = cells
    return _wide(name, 34, left=True) + "".join(_wide(cell, 11) for cell in numbers) + "   " + last


def _wide(text: str, width: int, *, left: bool = False) -> str:
    """Padded by what it takes on a terminal: a Chinese character takes two columns."""
    takes = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
    padding = " " * max(0, width - takes)
    return text + padding if left else padding + text
