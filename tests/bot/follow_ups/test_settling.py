"""Who may do what with a follow-up, and that of two who are at it at once the second is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.accounts.tables import Audit
from bot.clock import utcnow
from bot.follow_ups import listing
from bot.follow_ups.forgetting import forget_words
from bot.follow_ups.listing import Count, Wanted
from bot.follow_ups.settling import Deed, Incomplete, NoSuchFollowUp, settle
from bot.follow_ups.states import Kind, Move, State
from bot.follow_ups.tables import FollowUp
from bot.gateway.store import Store
from bot.tables import TicketEvent
from bot.tickets.desk import Refused
from bot.words import words
from knowledge.catalogue import Catalogue
from tests.bot.accounts.people import hire
from tests.bot.follow_ups.conftest import follow_up, told_by_phone

TODAY = date(2026, 11, 27)
ANSWER = Deed(Move.answer, result="打电话道歉，说清了办法。")
CLOSE = Deed(Move.close, result="情况属实，已批评教育。", upheld=True)


def member(name: str, *roles: Role, city: str | None = None) -> StaffMember:
    return StaffMember(
        f"account-{name}", name, name, frozenset(roles), city, None, None, None, "key"
    )


BAN = member("ban", Role.SUPERVISOR)
HE = member("he", Role.SUPERVISOR)
LI = member("li", Role.OPERATOR)
WANG = member("wang", Role.OPERATOR)


def kept(database: Engine, **given: Any) -> int:
    row = follow_up(**given)
    with Session(database.execution_options(immediate=True)) as session, session.begin():
        session.add(row)
        session.flush()
        return row.id


def do(database: Engine, who: StaffMember, id_: int, deed: Deed) -> FollowUp:
    return Store(database).run_now(lambda session: settle(session, who, id_, deed, utcnow()))


def seen_by(database: Engine, catalogue: Catalogue, who: StaffMember, **wanted: Any) -> list[int]:
    with Session(database) as session:
        found = listing.lines(session, catalogue, who, Wanted(**wanted), TODAY)
    return [line["id"] for line in found]


def test_answered_closed_opened_again(any_database: Engine) -> None:
    id_ = kept(any_database, owner_id=LI.account_id, owner_name="李莉")
    row = do(any_database, LI, id_, ANSWER)
    assert (row.state, row.result, row.answered_by) == ("answered", ANSWER.result, "li")
    # a supervisor agrees with what stands there
    row = do(any_database, BAN, id_, Deed(Move.close))
    assert (row.state, row.result, row.closed_by) == ("closed", ANSWER.result, "ban")
    row = do(any_database, HE, id_, Deed(Move.reopen, reason="没有问居民本人"))
    assert (row.state, row.reason, row.reopened_by) == ("open", "没有问居民本人", "he")
    assert (row.closed_at, row.closed_by, row.answered_by) == (None, None, None)
    assert row.result == ANSWER.result
    with Session(any_database) as session:
        rows = session.scalars(select(Audit).order_by(Audit.id)).all()
    assert [(a.username, a.verb, a.object_kind, a.object_id) for a in rows] == [
        ("li", "follow_up.answer", "follow_up", str(id_)),
        ("ban", "follow_up.close", "follow_up", str(id_)),
        ("he", "follow_up.reopen", "follow_up", str(id_)),
    ]
    # nobody's words are in the audit: it is never deleted
    assert all(ANSWER.result not in str(a.detail) for a in rows)
    assert {a.verb for a in rows} <= set(words("accounts")["verb"])
    assert "follow_up" in words("accounts")["object"]


def test_of_two_supervisors_at_once_the_second_is_told_who_was_first(any_database: Engine) -> None:
    for who in (BAN, HE):
        hire(any_database, who.username, Role.SUPERVISOR, name=f"班长{who.username}")
    id_ = kept(any_database)
    store, together = Store(any_database), Barrier(2)

    def close(who: StaffMember) -> StaffMember | Refused:
        together.wait(10)
        deed = Deed(Move.close, result=f"{who.name}看过了", seen=State.open)
        try:
            store.run_now(lambda session: settle(session, who, id_, deed, utcnow()))
        except Refused as refused:
            return refused
        return who

    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(close, (BAN, HE)))
    (first,) = [one for one in results if isinstance(one, StaffMember)]
    (told,) = [one for one in results if isinstance(one, Refused)]
    assert told.reason == "follow_up_closed"
    assert told.values == {"owner": f"班长{first.username}"}
    with Session(any_database) as session:
        row = session.get_one(FollowUp, id_)
        assert (row.closed_by, row.result) == (first.username, f"{first.name}看过了")


def test_a_result_written_meanwhile_is_not_written_over(any_database: Engine) -> None:
    id_ = kept(any_database, owner_id=LI.account_id)
    do(any_database, LI, id_, ANSWER)
    with pytest.raises(Refused) as told:
        do(any_database, BAN, id_, Deed(Move.close, result="我来写", seen=State.open))
    assert (told.value.reason, told.value.values) == ("follow_up_answered", {"owner": "li"})
    do(any_database, BAN, id_, Deed(Move.reopen, reason="再问问", seen=State.answered))
    with pytest.raises(Refused) as told:
        do(any_database, HE, id_, Deed(Move.close, result="好", seen=State.answered))
    assert (told.value.reason, told.value.values) == ("follow_up_open", {"owner": "ban"})


def test_what_nobody_has_answered_is_not_opened_again(any_database: Engine) -> None:
    id_ = kept(any_database)
    with pytest.raises(Refused) as told:
        do(any_database, BAN, id_, Deed(Move.reopen, reason="再问问"))
    assert told.value.reason == "follow_up_untouched"


@pytest.mark.parametrize(
    ("given", "deed", "field"),
    [
        ({}, Deed(Move.answer, result="  "), "result"),
        ({}, Deed(Move.close), "result"),
        ({"kind": "complaint"}, Deed(Move.close, result="看过了"), "upheld"),
        ({"state": "closed", "closed_by": "ban"}, Deed(Move.reopen), "reason"),
    ],
)
def test_nothing_without_its_words(
    any_database: Engine, given: dict[str, Any], deed: Deed, field: str
) -> None:
    id_ = kept(any_database, **given)
    with pytest.raises(Incomplete) as missing:
        do(any_database, BAN, id_, deed)
    assert missing.value.field == field
    with Session(any_database) as session:
        row = session.get_one(FollowUp, id_)
        assert (row.state, row.result) == (given.get("state", "open"), None)
        assert session.scalars(select(Audit)).all() == []


def test_only_a_complaint_is_right_or_wrong(any_database: Engine) -> None:
    complaint = kept(any_database, kind="complaint", provider="lawyer")
    assert do(any_database, BAN, complaint, CLOSE).upheld is True
    assert do(any_database, BAN, kept(any_database), CLOSE).upheld is None


def test_what_an_operator_sees_and_answers(any_database: Engine, catalogue: Catalogue) -> None:
    own = kept(any_database, owner_id=LI.account_id, owner_name="李莉")
    of_the_desk = kept(any_database)
    other = kept(any_database, owner_id=WANG.account_id, owner_name="王强")
    complaint = kept(any_database, kind="complaint", provider="hotline", text="话务员态度差")
    assert seen_by(any_database, catalogue, LI) == [own, of_the_desk]
    assert seen_by(any_database, catalogue, LI, mine=True) == [own]
    assert seen_by(any_database, catalogue, BAN) == [own, of_the_desk, other, complaint]
    do(any_database, LI, of_the_desk, ANSWER)
    for hidden in (other, complaint, 10**9):
        with pytest.raises(NoSuchFollowUp):
            do(any_database, LI, hidden, ANSWER)
    (line,) = [line for line in lines_of(any_database, catalogue, LI) if line["id"] == own]
    assert line["may"] == ["answer"]
    assert line["owner"] == {"kind": "person", "name": "李莉", "mine": True}


def lines_of(database: Engine, catalogue: Catalogue, who: StaffMember) -> list[listing.Line]:
    with Session(database) as session:
        return listing.lines(session, catalogue, who, Wanted(), TODAY)


def test_a_city_sees_and_settles_its_own(any_database: Engine, catalogue: Catalogue) -> None:
    here, there = kept(any_database), kept(any_database, city_id="qingyuan")
    hers = member("hua", Role.SUPERVISOR, city="zhongshan")
    assert seen_by(any_database, catalogue, hers) == [here]
    with pytest.raises(NoSuchFollowUp):
        do(any_database, hers, there, CLOSE)
    with Session(any_database) as session:
        assert listing.figures(session, hers, TODAY).n == 1
        assert listing.figures(session, BAN, TODAY).n == 2


def test_open_ones_first_and_the_first_due_first(
    any_database: Engine, catalogue: Catalogue
) -> None:
    now = utcnow()
    old = kept(any_database, state="closed", closed_at=now - timedelta(days=2))
    new = kept(any_database, state="closed", closed_at=now)
    answered = kept(any_database, state="answered", due_on=date(2026, 11, 1))
    later = kept(any_database, due_on=date(2026, 12, 9))
    late = kept(any_database, due_on=date(2026, 11, 20))
    last_day = kept(any_database, due_on=TODAY)
    assert seen_by(any_database, catalogue, BAN) == [late, last_day, later, answered, new, old]
    found = {line["id"]: line for line in lines_of(any_database, catalogue, BAN)}
    assert [(found[id_]["standing"], found[id_]["days"]) for id_ in (late, last_day, later)] == [
        ("overdue", 7), ("today", 0), ("running", 12),
    ]  # fmt: skip
    assert found[old]["standing"] == "settled"
    for wanted, expected in (
        ({"state": State.closed}, [new, old]),
        ({"state": State.answered}, [answered]),
        ({"kind": Kind.complaint}, []),
        ({"platform": "hotline"}, []),
    ):
        assert seen_by(any_database, catalogue, BAN, **wanted) == expected


def test_figures(any_database: Engine) -> None:
    with Session(any_database) as session:
        empty = listing.figures(session, BAN, TODAY)
        assert (empty.n, empty.share, empty.complaints) == (0, None, {})
    kept(any_database, state="closed", closed_at=utcnow())
    kept(any_database, due_on=date(2026, 11, 26))
    kept(any_database, due_on=date(2026, 11, 26), state="closed", closed_at=utcnow())
    for provider, upheld in (
        ("notary", True), ("lawyer", True), ("lawyer", False), ("lawyer", None),
    ):  # fmt: skip
        closed = {} if upheld is None else {"state": "closed", "closed_at": utcnow()}
        kept(any_database, kind="complaint", provider=provider, upheld=upheld, **closed)
    with Session(any_database) as session:
        found = listing.figures(session, BAN, TODAY)
    assert (found.n, found.closed, found.overdue, found.dissatisfied) == (7, 5, 1, 3)
    assert found.share == 5 / 7
    # in the order of the content
    assert list(found.complaints.items()) == [
        ("lawyer", Count(3, 1, 1)),
        ("notary", Count(1, 1, 0)),
    ]


def test_the_ticket_says_it_but_not_what_a_complaint_says(
    any_database: Engine, catalogue: Catalogue
) -> None:
    store = Store(any_database)
    ticket_id = store.run_now(lambda session: told_by_phone(session, catalogue)[1].id)
    rated = kept(any_database, ticket_id=ticket_id)
    complaint = kept(any_database, ticket_id=ticket_id, kind="complaint", provider="hotline")
    do(any_database, BAN, rated, ANSWER)
    do(any_database, BAN, complaint, CLOSE)
    with Session(any_database) as session:
        query = select(TicketEvent).where(TicketEvent.actor == "ban").order_by(TicketEvent.id)
        events = [(event.kind, event.text) for event in session.scalars(query)]
    moves = words("tickets")["follow_up_moves"]
    assert events == [
        ("followed_up", f"{moves['answer']}：{ANSWER.result}"),
        ("complained", moves["close"]),
    ]


def test_a_resident_s_words_go_in_their_time(any_database: Engine) -> None:
    now = utcnow()
    month = now - timedelta(days=30)
    over = kept(any_database, text="态度差", state="closed", closed_at=now - timedelta(days=31))
    new = kept(any_database, text="太慢", state="closed", closed_at=now - timedelta(days=29))
    open_one = kept(any_database, text="不接电话", opened_at=now - timedelta(days=99))
    Store(any_database).run_now(lambda session: forget_words(session, month))
    with Session(any_database) as session:
        left = {id_: session.get_one(FollowUp, id_).text for id_ in (over, new, open_one)}
    assert left == {over: "", new: "太慢", open_one: "不接电话"}
