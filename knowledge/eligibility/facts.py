"""What is said of a person and a case. A fact that is not said is None: never a no."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from knowledge.eligibility.vocabulary import Definition, Kind, vocabulary

LONGEST_TEXT = 20
LONGEST_NOTE = 80
# the city of a question is said beside the facts, not in them
NOT_USED = frozenset({"city", "matter"})


@dataclass(frozen=True)
class Asset:
    """A thing of value that was named; area in m², value in yuan, None when not said."""

    type: str
    area_m2: float | None = None
    value: float | None = None
    note: str | None = None


class FactError(ValueError):
    """A fact that cannot be so: `field` is its key, the text says in Chinese what is wrong."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        self.message = message
        super().__init__(message)


@dataclass(frozen=True)
class Facts:
    """Facts by key, without those that were not said. Equal facts are equal in any order."""

    said: Mapping[str, Any]

    def get(self, key: str) -> Any:
        """The value, or None when it was not said."""
        return self.said.get(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.said)

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A choice, several, or a flag, as a tuple of its values; None when not said."""
        value = self.said.get(key)
        if value is None:
            return None
        return value if isinstance(value, tuple) else (value,)

    def number(self, key: str) -> float | None:
        """A count or an amount."""
        value = self.said.get(key)
        return None if value is None else float(value)

    @property
    def assets(self) -> tuple[Asset, ...] | None:
        """What was named of value; empty when said to have none."""
        value: tuple[Asset, ...] | None = self.said.get("valuable_assets")
        return value

    def plain(self) -> dict[str, Any]:
        """As JSON has it, what follows included."""
        return {key: _plain(value) for key, value in self.said.items()}


def read_facts(raw: Mapping[str, Any]) -> Facts:
    """Facts from the public vocabulary, with what follows from them. Raises FactError."""
    said: dict[str, Any] = {}
    for key, value in raw.items():
        if key in NOT_USED:
            continue
        definition = vocabulary().definitions.get(key)
        if definition is None:
            raise _wrong(key, "not_a_key", field=key)
        if value is not None:
            said[key] = _READERS[definition.kind](definition, value)
    facts = Facts(MappingProxyType(_with_what_follows(said)))
    _check(facts)
    return facts


def _check(facts: Facts) -> None:
    """Raises FactError, naming the first of two facts that cannot both be so."""
    for first, second in vocabulary().contradictions:
        if _says(facts, first) and _says(facts, second):
            (field, _), (other, _) = *first.items(), *second.items()
            names = [vocabulary().definitions[key].name for key in (field, other)]
            raise _wrong(field, "contradiction", name=names[0], other=names[1])


def _says(facts: Facts, wanted: Mapping[str, Any]) -> bool:
    ((key, values),) = wanted.items()
    said = facts.texts(key)
    fitting = {values} if isinstance(values, bool) else set(values)
    return said is not None and not fitting.isdisjoint(said)


def _with_what_follows(said: dict[str, Any]) -> dict[str, Any]:
    """What one value says of another fact (a defence is a criminal case), where that is open."""
    follows: dict[str, Any] = {}
    # in the vocabulary's order, the first one wins: the order of saying must not matter
    for key, definition in vocabulary().definitions.items():
        value, terms = said.get(key), definition.values
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, str) and one in terms:
                follows = {**terms[one].implies, **follows}
    # what was said wins, and a contradiction is told where the two are compared
    return follows | said


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Asset):
        return {name: part for name, part in asdict(value).items() if part is not None}
    return value


# ---------------------------------------------------------------- reading values


def _wrong(key: str, problem: str, **values: object) -> FactError:
    return FactError(key, vocabulary().problems[problem].format(**values))


def _choice(definition: Definition, value: Any) -> str:
    if not isinstance(value, str) or value not in definition.values:
        shown = str(value)[:LONGEST_TEXT]
        raise _wrong(definition.id, "not_a_value", name=definition.name, value=shown)
    return value


def _choices(definition: Definition, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise _wrong(definition.id, "not_a_list", name=definition.name)
    return tuple(sorted({_choice(definition, one) for one in value}))


def _flag(definition: Definition, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(definition.id, "not_a_flag", name=definition.name)
    return value


def _number(definition: Definition, value: Any, least: int = 0) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _wrong(definition.id, "not_a_number", name=definition.name)
    if value < least:
        raise _wrong(definition.id, "too_small", name=definition.name, least=least)
    if definition.at_most is not None and value > definition.at_most:
        raise _wrong(definition.id, "too_large", name=definition.name, most=definition.at_most)
    return value


def _count(definition: Definition, value: Any) -> int:
    number = _number(definition, value, least=0 if definition.kind is Kind.days else 1)
    if number != int(number):
        raise _wrong(definition.id, "not_whole", name=definition.name)
    return int(number)


def _place(definition: Definition, value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= LONGEST_TEXT:
        raise _wrong(definition.id, "not_a_text", name=definition.name)
    return value.strip()


def _assets(definition: Definition, value: Any) -> tuple[Asset, ...]:
    if not isinstance(value, list | tuple):
        raise _wrong(definition.id, "not_a_list", name=definition.name)
    assets = []
    for one in value:
        if not isinstance(one, Mapping) or not one.keys() <= {"type", "area_m2", "value", "note"}:
            shown = str(one)[:LONGEST_TEXT]
            raise _wrong(definition.id, "not_a_value", name=definition.name, value=shown)
        measures = {
            name: _number(definition, one[name])
            for name in ("area_m2", "value")
            if one.get(name) is not None
        }
        note = one.get("note")
        if note is not None and (not isinstance(note, str) or len(note) > LONGEST_NOTE):
            raise _wrong(definition.id, "not_a_text", name=definition.name)
        assets.append(Asset(_choice(definition, one.get("type")), **measures, note=note))
    return tuple(sorted(assets, key=repr))


_READERS: Mapping[Kind, Callable[[Definition, Any], Any]] = {
    Kind.choice: _choice,
    Kind.choices: _choices,
    Kind.flag: _flag,
    Kind.people: _count,
    Kind.days: _count,
    Kind.money: _number,
    Kind.assets: _assets,
    Kind.place: _place,
}
