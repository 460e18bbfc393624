"""To whom the next ticket is offered: pure. Capacity, city, skill and town decide, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.duty.presence import NEVER


@dataclass(frozen=True)
class Waiting:
    """A ticket that waits. `within`: its place and all places around it; `service` and `within`
    are empty where they are not known: what nobody knows keeps nobody out."""

    id: int
    city_id: str
    service: str | None
    within: frozenset[str]
    urgent: bool
    since: datetime
    passed_by: frozenset[str] = frozenset()

    @property
    def order(self) -> tuple[bool, datetime, int]:
        """Danger first, then who has waited longest."""
        return (not self.urgent, self.since, self.id)


@dataclass(frozen=True)
class Operator:
    """An operator who is there; `busy` are conversations and offers, `city_id` None is every city,
    no skills or no regions are all of them. `last_offer` None: never yet."""

    id: str
    city_id: str | None
    busy: int
    at_once: int
    skills: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    last_offer: datetime | None = None

    @property
    def room(self) -> int:
        """How many more they can take."""
        return max(0, self.at_once - self.busy)

    @property
    def order(self) -> tuple[int, datetime, str]:
        """Who has least to do first, then who has been idle longest."""
        return (self.busy, self.last_offer or NEVER, self.id)


@dataclass(frozen=True)
class Offer:
    """One ticket to one operator."""

    ticket_id: int
    operator_id: str


def able(operator: Operator, ticket: Waiting) -> bool:
    """Whether a ticket is for this operator at all, however busy they are."""
    return (
        operator.city_id in (None, ticket.city_id)
        and (not operator.skills or ticket.service is None or ticket.service in operator.skills)
        and (not operator.regions or not ticket.within or bool(ticket.within & operator.regions))
    )


def nobody_left(ticket: Waiting, operators: Iterable[Operator]) -> bool:
    """Whether everybody who is there and could take it has let it pass, or nobody could."""
    return all(operator.id in ticket.passed_by for operator in operators if able(operator, ticket))


def choose(waiting: Iterable[Waiting], operators: Sequence[Operator]) -> Iterator[Offer]:
    """The offers of this moment. `waiting` must come in order; it is read only while there is room.

    Each ticket goes to one operator with room who is able and has not let it pass; nobody gets
    more than they have room for.
    """
    free = {operator.id: operator for operator in operators if operator.room}
    if not free:
        return
    for ticket in waiting:
        fitting = [
            operator
            for operator in free.values()
            if operator.id not in ticket.passed_by and able(operator, ticket)
        ]
        if not fitting:
            continue
        first = min(fitting, key=lambda operator: operator.order)
        yield Offer(ticket.id, first.id)
        busier = replace(first, busy=first.busy + 1)
        if busier.room:
            free[first.id] = busier
        else:
            del free[first.id]
        if not free:
            return
