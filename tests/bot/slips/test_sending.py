"""From a ticket to a desk: what is offered, what goes along, and what is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.accounts.roles import Role
from bot.accounts.tables import Audit
from bot.clock import utcnow
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Ledger
from bot.slips.tables import Slip
from bot.tables import Conversation, Message, Rating, Ticket, TicketEvent
from bot.tickets import desk
from bot.tickets.taken_down import take_down
from knowledge.catalogue import Catalogue
from knowledge.referrals import Trouble, refer
from tests.bot.conversing import Resident
from tests.bot.slips.conftest import AID, OFFICE, XIAOLAN, Hire, Tell, Worker


async def test_the_rules_services_come_in_order_with_who_gives_them_near_by(
    li: Worker, resident: Resident, number: str, catalogue: Catalogue
) -> None:
    found = await li.get(f"/tickets/{number}/desks")
    ticket = await resident.ticket()
    rules = refer(
        catalogue, "zhongshan", Trouble("legal_consultation", "labor", 1.0, "none", ticket.trouble)
    )
    services = list(dict.fromkeys(one.service for one in rules))
    assert [one["service"] for one in found["desks"]] == services
    for one in found["desks"]:
        assert one["rule"] in {rule.rule for rule in rules if rule.service == one["service"]}
        for place in one["places"]:
            assert one["service"] in place["services"]
            point = catalogue.point(place["id"])
            assert point is not None
            assert (place["address"], place["phone"]) == (point.address, point.phone)
    aid = next(one for one in found["desks"] if one["service"] == "legal_aid")
    assert aid["places"][0]["id"] == XIAOLAN  # the town before the city
    levels = [place["level"] for place in aid["places"]]
    assert levels == ["town", *["city"] * (len(levels) - 1)]
    assert found["found"] == []


async def test_a_place_that_is_looked_for_is_found_with_what_it_gives(
    li: Worker, number: str
) -> None:
    found = (await li.get(f"/tickets/{number}/desks", q="古镇"))["found"]
    assert found
    assert all("古镇" in one["name"] for one in found)
    assert "legal_aid" in {one["id"] for place in found for one in place["services"]}


async def test_exactly_what_was_agreed_goes_along(li: Worker, tell: Tell, chen: Worker) -> None:
    screening = {
        "outcome": "likely", "day": "2026-11-27", "articles": [], "facts": [], "missing": [],
        "rules_version": "test",
    }  # fmt: skip
    resident = await tell(party="parent", screening=screening)

    def keep(ledger: Ledger) -> None:
        ticket = ledger.ticket
        assert ticket is not None
        ticket.contact, ticket.contact_safe = "138 0013 8000", False

    await resident.gateway.write(resident.id, keep)
    await resident.operator(desk.note, li.actor, "脾气急，别提邻居")
    number = (await resident.ticket()).number
    sent = await li.post(f"/tickets/{number}/slips", 201, **AID)
    ticket = await resident.ticket()
    assert sent["number"] == f"{number}-1"
    assert sent["rule"] == "labor.wage_aid"
    assert sent["passed_on"] == {
        "summary": ticket.summary[:5],
        "contact": {"phone": "138 0013 8000", "safe": False},
        "party": sent["passed_on"]["party"],
        "screening": screening,
        "place": "中山市小榄镇",
    }
    assert sent["passed_on"]["party"]
    assert ticket.consent_at is not None
    seen = await chen.get(f"/slips/{sent['number']}")
    assert "邻居" not in str(seen)
    assert "transcript" not in seen


async def test_without_contact_none_goes_along(chen: Worker, slip: str) -> None:
    seen = await chen.get(f"/slips/{slip}")
    assert seen["passed_on"]["contact"] is None
    assert seen["passed_on"]["screening"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"consent": False}, "consent"),
        ({"place": "point.320700"}, "place"),
        ({"place": "nowhere"}, "place"),
        ({"service": "magic"}, "service"),
        ({"service": "notarization"}, "service"),
        ({"place": OFFICE, "service": "peoples_mediation"}, "service"),
        ({"request": " "}, "request"),
        ({"request": "\u200b"}, "request"),
    ],
)
async def test_what_cannot_be_is_refused_by_its_field(
    li: Worker, number: str, resident: Resident, change: dict[str, Any], field: str
) -> None:
    answer = await li.post(f"/tickets/{number}/slips", 422, **(AID | change))
    assert [error["field"] for error in answer["errors"]] == [field]
    assert (await li.get("/slips"))["slips"] == []
    assert (await resident.ticket()).consent_at is None


async def test_a_consent_that_is_not_said_is_none(li: Worker, number: str) -> None:
    asked = {name: value for name, value in AID.items() if name != "consent"}
    answer = await li.post(f"/tickets/{number}/slips", 422, **asked)
    assert answer["errors"][0]["field"] == "consent"


async def test_only_who_has_the_ticket_or_a_supervisor_sends(
    work: Hire, li: Worker, chen: Worker, number: str
) -> None:
    wang = await work(Role.OPERATOR, name="王强")
    refused = await wang.post(f"/tickets/{number}/slips", 409, **AID)
    assert "李莉" in refused["detail"]
    elsewhere = await work(Role.SUPERVISOR, city="qingyuan")
    await elsewhere.post(f"/tickets/{number}/slips", 404, **AID)
    await elsewhere.get(f"/tickets/{number}/desks", 404)
    await chen.post(f"/tickets/{number}/slips", 403, **AID)
    await chen.get(f"/tickets/{number}/desks", 403)
    head = await work(Role.SUPERVISOR, name="赵班长")
    await head.post(f"/tickets/{number}/slips", 201, **AID)


async def test_a_closed_ticket_goes_nowhere(li: Worker, resident: Resident, number: str) -> None:
    await resident.operator(desk.close, li.actor, "answered", None)
    await li.post(f"/tickets/{number}/slips", 409, **AID)


async def test_the_same_slip_is_sent_once_however_often_it_is_clicked(
    li: Worker, number: str, resident: Resident
) -> None:
    answers = await asyncio.gather(
        *(li.client.post(f"/api/v1/tickets/{number}/slips", json=AID) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert {answer.json()["number"] for answer in answers} == {f"{number}-1"}
    told = await resident.read(
        lambda s, c: [m for m in s.scalars(select(Message)) if XIAOLAN in str(m.body.get("cards"))]
    )
    assert len(told) == 1
    other = await li.post(f"/tickets/{number}/slips", 409, **(AID | {"request": "再转一次"}))
    assert "-1" in other["detail"]
    second = await li.post(
        f"/tickets/{number}/slips", 201, **(AID | {"service": "peoples_mediation"})
    )
    assert second["number"] == f"{number}-2"


async def test_a_service_that_no_rule_names_is_the_operator_s_own_choice(
    li: Worker, number: str
) -> None:
    sent = await li.post(f"/tickets/{number}/slips", 201, **(AID | {"service": "legal_education"}))
    assert sent["rule"] is None


async def test_the_resident_is_told_where_with_what_is_known_of_it(
    resident: Resident, slip: str, catalogue: Catalogue
) -> None:
    last = await resident.read(
        lambda s, c: list(s.scalars(select(Message).order_by(Message.seq)))[-1]
    )
    point = catalogue.point(XIAOLAN)
    assert point is not None
    assert point.name in last.body["text"]
    assert slip[-2:] in last.body["text"]
    (card,) = last.body["cards"]
    assert (card["type"], card["id"], card["verified"]) == ("place", XIAOLAN, point.verified)
    assert (card["address"], card["phone"]) == (point.address, point.phone)


async def test_nothing_comes_by_itself_to_somebody_in_danger(li: Worker, tell: Tell) -> None:
    resident = await tell(urgent="violence", evidence=["打我"])
    before = await resident.read(lambda s, c: c.seq)
    number = (await resident.ticket()).number
    await li.post(f"/tickets/{number}/slips", 201, **AID)
    assert await resident.read(lambda s, c: c.seq) == before


async def test_sending_is_a_deed_of_ticket_slip_and_audit(
    gateway: Gateway, resident: Resident, li: Worker, slip: str
) -> None:
    def read(session: Session) -> tuple[Any, ...]:
        event = session.scalars(select(TicketEvent).order_by(TicketEvent.id.desc())).first()
        row = session.scalars(select(Audit).where(Audit.verb == "slip.send")).one()
        return event, row, session.scalars(select(Slip)).one()

    event, row, kept = await gateway.look(read)
    assert (event.kind, event.actor) == ("slip_sent", li.actor.name)
    assert "小榄镇公共法律服务站" in event.text
    assert (row.object_kind, row.object_id, row.detail["place"]) == ("slip", slip, XIAOLAN)
    assert (kept.state, kept.place_name) == ("sent", "小榄镇公共法律服务站")
    ticket = await resident.ticket()
    assert (ticket.responsible_name, ticket.owner_name) == ("李莉", "李莉")  # 首问负责


async def test_a_ticket_that_lies_somewhere_else_in_the_city_is_offered_the_city_s_places(
    li: Worker, resident: Resident, number: str
) -> None:
    def unknown(ledger: Ledger) -> None:
        ticket = ledger.session.get_one(Ticket, ledger.conversation.ticket_id)
        ticket.region_id, ticket.matter, ticket.service = None, None, "human_handoff"

    await resident.gateway.write(resident.id, unknown)
    found = await li.get(f"/tickets/{number}/desks")
    levels = {place["level"] for one in found["desks"] for place in one["places"]}
    assert levels == {"city"}


async def test_who_told_it_by_telephone_is_written_nothing(
    gateway: Gateway, catalogue: Catalogue, li: Worker, chen: Worker
) -> None:
    understood = {"service": "legal_aid", "matter": "labor", "region": "442000118"}

    def on_the_telephone(session: Session) -> tuple[str, str]:
        ledger, ticket = take_down(
            session, catalogue, channel="phone", city_id="zhongshan", understood=understood,
            said="老板不给工资", operator=li.actor, now=utcnow(),
        )  # fmt: skip
        ledger.save()
        return ticket.number, ledger.conversation.id

    number, conversation_id = await gateway.store.run(on_the_telephone)
    slip = (await li.post(f"/tickets/{number}/slips", 201, **AID))["number"]
    for deed, body in (("receive", {}), ("work", {}), ("finish", {"text": "办好了"})):
        await chen.post(f"/slips/{slip}/{deed}", **body)  # type: ignore[arg-type]
    said = await gateway.look(lambda s: s.get_one(Conversation, conversation_id).seq)
    assert said == 1
    assert await gateway.look(lambda s: s.scalar(select(Rating))) is None
