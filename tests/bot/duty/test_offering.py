"""To whom a ticket is offered: never over capacity, never elsewhere, never to who let it pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.duty.offering import Offer, Operator, Waiting, able, choose, nobody_left

CITIES = ["zhongshan", "qingyuan"]
SERVICES = ["legal_aid", "notarization", "mediation"]
TOWNS = ["1", "2", "3"]
NAMES = ["a", "b", "c", "d"]
MORNING = datetime(2026, 11, 27, 1)  # noqa: DTZ001  (naive, as stored)

moments = st.integers(0, 50).map(lambda minutes: MORNING + timedelta(minutes=minutes))


@st.composite
def queues(draw: st.DrawFn) -> list[Waiting]:
    found = [
        Waiting(
            id_,
            draw(st.sampled_from(CITIES)),
            draw(st.sampled_from([None, *SERVICES])),
            draw(st.frozensets(st.sampled_from(TOWNS), max_size=2)),
            draw(st.booleans()),
            draw(moments),
            draw(st.frozensets(st.sampled_from(NAMES), max_size=2)),
        )
        for id_ in range(draw(st.integers(0, 12)))
    ]
    return sorted(found, key=lambda one: one.order)


@st.composite
def teams(draw: st.DrawFn) -> list[Operator]:
    return [
        Operator(
            name,
            draw(st.sampled_from([None, *CITIES])),
            draw(st.integers(0, 4)),
            draw(st.integers(1, 4)),
            draw(st.frozensets(st.sampled_from(SERVICES), max_size=2)),
            draw(st.frozensets(st.sampled_from(TOWNS), max_size=2)),
            draw(st.none() | moments),
        )
        for name in draw(st.lists(st.sampled_from(NAMES), unique=True))
    ]


@settings(deadline=None)
@given(queues(), teams())
def test_nobody_gets_more_than_they_have_room_for(
    queue: list[Waiting], team: list[Operator]
) -> None:
    offers = list(choose(queue, team))
    given_to = Counter(offer.operator_id for offer in offers)
    assert all(given_to[one.id] <= one.room for one in team)
    assert len({offer.ticket_id for offer in offers}) == len(offers)  # each to one operator


@settings(deadline=None)
@given(queues(), teams())
def test_only_to_who_is_able_and_has_not_let_it_pass(
    queue: list[Waiting], team: list[Operator]
) -> None:
    tickets, people = {one.id: one for one in queue}, {one.id: one for one in team}
    for offer in choose(queue, team):
        ticket, person = tickets[offer.ticket_id], people[offer.operator_id]
        assert person.city_id in (None, ticket.city_id)
        assert not person.skills or ticket.service is None or ticket.service in person.skills
        assert not person.regions or not ticket.within or ticket.within & person.regions
        assert person.id not in ticket.passed_by


@settings(deadline=None)
@given(queues(), teams())
def test_nobody_is_left_out_while_somebody_has_room(
    queue: list[Waiting], team: list[Operator]
) -> None:
    """Whoever is not offered has nobody with room left after those before them were served."""
    offered = {offer.ticket_id: offer for offer in choose(queue, team)}
    taken: Counter[str] = Counter()
    for ticket in queue:
        if ticket.id in offered:
            taken[offered[ticket.id].operator_id] += 1
            continue
        for one in team:
            free = taken[one.id] < one.room
            assert not (free and able(one, ticket) and one.id not in ticket.passed_by)


@settings(deadline=None)
@given(queues(), teams(), st.randoms(use_true_random=False))
def test_it_does_not_matter_in_what_order_people_are_looked_at(
    queue: list[Waiting], team: list[Operator], random: object
) -> None:
    shuffled = list(team)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert list(choose(queue, shuffled)) == list(choose(queue, team))


@settings(deadline=None)
@given(teams(), moments, moments)
def test_danger_comes_before_any_wait(
    team: list[Operator], early: datetime, late: datetime
) -> None:
    calm = Waiting(1, "zhongshan", None, frozenset(), False, min(early, late))
    urgent = Waiting(2, "zhongshan", None, frozenset(), True, max(early, late))
    offers = list(choose(sorted([calm, urgent], key=lambda one: one.order), team))
    assert not offers or offers[0].ticket_id == urgent.id


def test_who_has_least_then_who_has_been_idle_longest() -> None:
    ticket = Waiting(1, "zhongshan", None, frozenset(), False, MORNING)
    hour = timedelta(hours=1)
    busy = Operator("busy", None, 2, 3, last_offer=MORNING - 9 * hour)
    lately = Operator("lately", None, 1, 3, last_offer=MORNING)
    idle = Operator("idle", None, 1, 3, last_offer=MORNING - hour)
    assert list(choose([ticket], [busy, lately, idle])) == [Offer(1, "idle")]
    assert list(choose([ticket], [busy, lately])) == [Offer(1, "lately")]


def test_the_queue_is_not_read_further_than_there_is_room() -> None:
    read: list[int] = []

    def endless() -> Iterator[Waiting]:
        while True:
            read.append(len(read))
            yield Waiting(len(read), "zhongshan", None, frozenset(), False, MORNING)

    team = [Operator("a", None, 1, 3), Operator("b", None, 0, 1)]
    assert len(list(choose(endless(), team))) == 3
    assert len(read) == 3
    assert list(choose(endless(), [Operator("full", None, 3, 3)])) == []


@settings(deadline=None)
@given(queues(), teams())
def test_nobody_is_left_only_when_all_who_are_able_have_let_it_pass(
    queue: list[Waiting], team: list[Operator]
) -> None:
    for ticket in queue:
        could = {one.id for one in team if able(one, ticket)}
        assert nobody_left(ticket, team) == (could <= ticket.passed_by)
