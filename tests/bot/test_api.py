"""The public API as residents' programs see it, with a scripted engine behind it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from bot.api.state import AppState
from bot.gateway.store import StoreAway
from bot.settings import Settings
from bot.tables import Conversation
from bot.web.page import CSP
from knowledge.catalogue import Person
from tests.bot.conftest import FakeEngine, parsed, said

pytestmark = pytest.mark.asyncio(loop_scope="session")

Json = dict[str, Any]
HAN = re.compile(r"[\u4e00-\u9fff]")
V1 = "/api/v1"


def problem_of(response: httpx.Response, status: int, field: str | None = None) -> Json:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: Json = response.json()
    assert body["status"] == status
    assert HAN.search(body["title"])
    assert HAN.search(body["detail"])
    assert "Traceback" not in response.text
    if field:
        assert field in [error["field"] for error in body["errors"]], body
    return body


async def post(client: httpx.AsyncClient, path: str, body: Any) -> httpx.Response:
    """As JSON, also what httpx would not write itself (NaN, lone surrogates)."""
    return await client.post(
        V1 + path, content=json.dumps(body), headers={"content-type": "application/json"}
    )


async def session_of(client: httpx.AsyncClient, **more: Any) -> str:
    response = await post(client, "/chat/sessions", more)
    assert response.status_code == 200, response.text
    client.cookies.clear()
    return str(response.json()["session"])


async def say(client: httpx.AsyncClient, session: str | None, **message: Any) -> httpx.Response:
    return await post(client, "/chat", {"session": session, "message": {"id": "1", **message}})


# --- what exists ------------------------------------------------------------------------------


async def test_what_does_not_exist_is_a_problem(client: httpx.AsyncClient) -> None:
    for path in ("/docs", "/redoc", "/administrator", f"{V1}/nothing", "/.env", "/static/"):
        problem_of(await client.get(path), 404)


async def test_the_document_describes_errors_too(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    answers = document["paths"][f"{V1}/triage"]["post"]["responses"]
    assert {"200", "400", "413", "422", "503"} <= set(answers)


async def test_another_method_is_refused(client: httpx.AsyncClient) -> None:
    for method, path in (("GET", "/triage"), ("DELETE", "/chat"), ("POST", "/places/nearest")):
        response = await client.request(method, V1 + path)
        problem_of(response, 405)
        assert response.headers["allow"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/leave", 200),
        ("GET", "/health", 200),
        ("GET", "/ready", 503),
        ("GET", "/metrics", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/static/chat.css", 200),
        ("GET", "/static/chat.js", 200),
        ("GET", "/static/nothing.js", 404),
        ("GET", "/static/../page.py", 404),
        ("GET", "/static/%2e%2e/page.py", 404),
        ("GET", "/nowhere", 404),
        ("GET", f"{V1}/triage", 405),
        ("POST", f"{V1}/triage", 415),
        ("GET", f"{V1}/places/nearest?q=%E5%B0%8F%E6%A6%84", 200),
    ],
)
async def test_every_answer_has_the_security_headers(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    response = await client.request(method, path)
    assert response.status_code == status
    guarded(response)


def guarded(response: httpx.Response) -> None:
    assert response.headers.get_list("content-security-policy") == [CSP]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert "server" not in response.headers


async def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert "default-src 'none'" in CSP
    assert "frame-ancestors 'none'" in CSP
    for loose in ("unsafe", "http:", "https:", "*", "data:", "blob:"):
        assert loose not in CSP


async def test_a_bug_is_a_problem_with_the_hotline_and_the_security_headers(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    engine.parse_error = RuntimeError("secret inside")
    response = await post(client, "/triage", {"text": "您好"})
    assert "12348" in problem_of(response, 500)["detail"]
    assert "secret" not in response.text
    guarded(response)


async def test_refusals_have_the_security_headers(client: httpx.AsyncClient) -> None:
    response = await client.post(f"{V1}/chat", content=b" " * 300_000)
    problem_of(response, 413)
    guarded(response)


# --- bad bodies -------------------------------------------------------------------------------

PATHS = ["/triage", "/triage/batch", "/chat", "/chat/sessions"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", [b"{", b'{"text": "x",}', b"text=x", b"\xff", b"[" * 100_000])
async def test_malformed_json(client: httpx.AsyncClient, path: str, body: bytes) -> None:
    response = await client.post(
        V1 + path, content=body, headers={"content-type": "application/json"}
    )
    assert "JSON" in problem_of(response, 400)["detail"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", [[], "x", 5, None, [{"text": "x"}]])
async def test_json_of_another_shape(client: httpx.AsyncClient, path: str, body: Any) -> None:
    problem_of(await post(client, path, body), 422)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "image/png"])
async def test_another_content_type(client: httpx.AsyncClient, path: str, kind: str) -> None:
    response = await client.post(V1 + path, content=b"hello", headers={"content-type": kind})
    assert response.status_code in (400, 415, 422)
    problem_of(response, response.status_code)


async def spaces(total: int) -> AsyncIterator[bytes]:
    for _ in range(total // 65536 + 1):
        yield b" " * 65536


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit(client: httpx.AsyncClient, path: str, chunked: bool) -> None:
    size = 17_000_000 if path == "/triage/batch" else 300_000
    response = await client.post(V1 + path, content=spaces(size) if chunked else b" " * size)
    assert "KB" in problem_of(response, 413)["detail"]


async def test_a_thousand_texts_fit(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    texts = [f"老板拖欠工资，第{number}次" + "很" * 200 for number in range(1000)]
    response = await post(client, "/triage/batch", {"texts": texts})
    assert response.status_code == 200
    assert len(response.json()["results"]) == 1000
    assert sorted(engine.texts) == sorted(texts)


# --- POST /triage -----------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " ", "\n\t　", "\x00", "\x00 \x07\ufeff", "\u200b\u200e"])
async def test_nothing_said(client: httpx.AsyncClient, engine: FakeEngine, text: str) -> None:
    problem_of(await post(client, "/triage", {"text": text}), 422, "text")
    problem_of(await post(client, "/triage/batch", {"texts": ["您好", text]}), 422, "texts.1")
    session = await session_of(client)
    problem_of(await say(client, session, text=text), 422, "message.text")
    assert text not in engine.texts
    assert engine.calls == []


@pytest.mark.parametrize(
    "text",
    [
        "😭😭😭",
        "👨‍👩‍👧",
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "'; DROP TABLE conversation; --",
        "老板\x00拖欠\x00工资",
        "{{7*7}} {field} %s",
        "ＡＢＣ１２３",
        "欠" * 2000,
    ],
)
async def test_odd_texts_are_answered(
    client: httpx.AsyncClient, engine: FakeEngine, text: str
) -> None:
    response = await post(client, "/triage", {"text": text})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    response = await say(client, await session_of(client), text=text)
    assert response.status_code == 200
    assert [message["text"] for message in response.json()["messages"]] == ["好的。"]


async def test_five_thousand_characters_are_too_many(client: httpx.AsyncClient) -> None:
    body = problem_of(await post(client, "/triage", {"text": "欠" * 5000}), 422, "text")
    assert "2000" in body["detail"]
    problem_of(await post(client, "/triage/batch", {"texts": ["欠" * 5000]}), 422, "texts.0")
    session = await session_of(client)
    problem_of(await say(client, session, text="欠" * 5000), 422, "message.text")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": None}, "text"),
        ({"text": 12348}, "text"),
        ({"text": ["x"]}, "text"),
        ({"text": "\ud800"}, "text"),
        ({"text": "您好", "city": "珠海"}, "city"),
        ({"text": "您好", "city": ""}, "city"),
        ({"text": "您好", "city": 5}, "city"),
        ({"text": "您好", "city": "x" * 100}, "city"),
        ({"text": "您好", "citty": "中山"}, "citty"),
    ],
)
async def test_wrong_fields_of_triage(client: httpx.AsyncClient, body: Json, field: str) -> None:
    problem_of(await post(client, "/triage", body), 422, field)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "texts"),
        ({"texts": []}, "texts"),
        ({"texts": "您好"}, "texts"),
        ({"texts": ["您好"] * 1001}, "texts"),
        ({"texts": ["您好", 5]}, "texts.1"),
        ({"texts": ["您好", "  "]}, "texts.1"),
        ({"texts": ["您好"], "city": "珠海"}, "city"),
        ({"texts": ["您好"], "text": "您好"}, "text"),
    ],
)
async def test_wrong_fields_of_a_batch(client: httpx.AsyncClient, body: Json, field: str) -> None:
    problem_of(await post(client, "/triage/batch", body), 422, field)


@pytest.mark.parametrize("city", ["zhongshan", "中山", "中山市", " 中山 "])
async def test_a_city_by_any_of_its_names(client: httpx.AsyncClient, city: str) -> None:
    response = await post(client, "/triage", {"text": "我在小榄", "city": city})
    assert [region["town"] for region in response.json()["regions"]] == ["小榄镇"]


async def test_an_unknown_city_is_told_the_known_ones(client: httpx.AsyncClient) -> None:
    body = problem_of(await post(client, "/triage", {"text": "x", "city": "珠海"}), 422, "city")
    for known in ("中山", "清远", "连云港"):
        assert known in body["detail"]


async def test_a_batch_keeps_the_order(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    towns = ["小榄", "古镇", "沙溪", "坦洲", "三乡", "黄圃", "东凤"]
    response = await post(client, "/triage/batch", {"texts": [f"我在{town}镇" for town in towns]})
    answered = [result["regions"][0]["town"] for result in response.json()["results"]]
    assert answered == ["小榄镇", "古镇镇", "沙溪镇", "坦洲镇", "三乡镇", "黄圃镇", "东凤镇"]


@pytest.mark.parametrize(
    ("path", "body"), [("/triage", {"text": "您好"}), ("/triage/batch", {"texts": ["您好"] * 9})]
)
async def test_an_absent_engine_is_503_with_the_hotline(
    client: httpx.AsyncClient, engine: FakeEngine, path: str, body: Json
) -> None:
    engine.away = True
    assert "12348" in problem_of(await post(client, path, body), 503)["detail"]


async def test_the_urgent_kind_passes_through(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    engine.parse_answer = parsed(urgent="violence", evidence=["打我"])
    answer = (await post(client, "/triage", {"text": "他打我"})).json()
    assert answer["urgent"] == {"flag": True, "kind": "violence", "evidence": ["打我"]}


# --- GET /places/nearest ----------------------------------------------------------------------


async def places(client: httpx.AsyncClient, **query: Any) -> httpx.Response:
    return await client.get(f"{V1}/places/nearest", params=query)


async def test_a_named_town(client: httpx.AsyncClient, parts: AppState) -> None:
    answer = (await places(client, city="中山", q="我在小榄", service="labor_arbitration")).json()
    assert answer["resolved"]["region_id"] == "442000118"
    assert answer["resolved"]["method"] == "name"
    assert answer["ambiguous"] == []
    assert answer["outside"] is False
    points = {point.id: point for here in parts.catalogue.points.values() for point in here}
    assert answer["places"]
    for place in answer["places"]:
        point = points[place["id"]]
        assert (place["phone"], place["address"], place["hours"], place["verified"]) == (
            point.phone,
            point.address,
            point.hours,
            point.verified,
        )
        assert place["source"]
        assert place["as_of"]
        assert place["people"] == []


async def test_who_is_at_a_place(
    client: httpx.AsyncClient, parts: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Person(
        "staff.person.1", "zhongshan", "李律师", "村（社区）法律顾问", None, "0760-88880600",
        verified=True,
    )  # fmt: skip
    catalogue = replace(parts.catalogue, people={"point.442000118": (known,)})
    monkeypatch.setattr(parts.live, "current", lambda: catalogue)
    answer = (await places(client, city="中山", q="小榄")).json()
    people = {place["id"]: place["people"] for place in answer["places"]}
    assert people.pop("point.442000118") == [
        {
            "name": "李律师",
            "role": "村（社区）法律顾问",
            "organisation": None,
            "phone": "0760-88880600",
            "verified": True,
        }
    ]
    assert not any(people.values())


async def test_coordinates(client: httpx.AsyncClient) -> None:
    answer = (await places(client, lat=22.66, lng=113.25)).json()
    assert answer["resolved"]["town"] == "小榄镇"
    assert answer["resolved"]["method"] == "nearest_point"
    assert any(place["distance_km"] is not None for place in answer["places"])


@pytest.mark.parametrize("query", [{"q": "广州市"}, {"lat": 23.13, "lng": 113.26}])
async def test_outside_is_said(client: httpx.AsyncClient, query: Json) -> None:
    answer = (await places(client, **query)).json()
    assert answer["outside"] is True
    assert answer["resolved"] is None
    assert answer["places"] == []


async def test_several_that_fit_are_asked_about(client: httpx.AsyncClient) -> None:
    answer = (await places(client, city="清远", q="太平镇")).json()
    assert answer["resolved"] is None
    assert {region["county"] for region in answer["ambiguous"]} == {"清新区", "阳山县"}
    assert answer["places"] == []


@pytest.mark.parametrize("q", ["", " ", "😭", "<b>x</b>", "\x00", "\x00小", "没有这个地方"])
async def test_nothing_to_locate(client: httpx.AsyncClient, q: str) -> None:
    answer = (await places(client, q=q)).json()
    assert answer["resolved"] is None
    assert answer["ambiguous"] == []
    assert answer["outside"] is False
    assert answer["places"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "q"),
        ({"lat": 22.5}, "lng"),
        ({"lng": 113.4}, "lat"),
        ({"lat": 113.4, "lng": 22.5}, "lat"),
        ({"lat": 22.5, "lng": 413.4}, "lng"),
        ({"lat": 48.85, "lng": 2.35}, "lat"),
        ({"lat": -22.5, "lng": 113.4}, "lat"),
        ({"lat": 0, "lng": 0}, "lat"),
        ({"lat": "nan", "lng": 113.4}, "lat"),
        ({"lat": "inf", "lng": 113.4}, "lat"),
        ({"lat": 22.5, "lng": "-Infinity"}, "lng"),
        ({"lat": 22.5, "lng": "1e999"}, "lng"),
        ({"lat": "x", "lng": 113.4}, "lat"),
        ({"q": "小榄", "service": "tax"}, "service"),
        ({"q": "小榄", "service": "{value}"}, "service"),
        ({"q": "小榄", "service": "x" * 100}, "service"),
        ({"q": "小榄", "kind": "x" * 100}, "kind"),
        ({"q": "小榄", "city": "珠海"}, "city"),
        ({"q": "小榄", "limit": 0}, "limit"),
        ({"q": "小榄", "limit": 21}, "limit"),
        ({"q": "小榄", "limit": "many"}, "limit"),
        ({"q": "榄" * 501}, "q"),
    ],
)
async def test_wrong_places_queries(client: httpx.AsyncClient, query: Json, field: str) -> None:
    problem_of(await places(client, **query), 422, field)


async def test_swapped_coordinates_are_recognised_where_both_are_possible(
    client: httpx.AsyncClient,
) -> None:
    body = problem_of(await places(client, lat=85.0, lng=45.0), 422, "lat")
    assert "写反" in body["detail"]


async def test_the_limit_counts(client: httpx.AsyncClient) -> None:
    assert len((await places(client, q="小榄", limit=1)).json()["places"]) == 1


# --- chat -------------------------------------------------------------------------------------


async def test_a_session_is_opened_with_the_notice_and_a_cookie(client: httpx.AsyncClient) -> None:
    response = await post(client, "/chat/sessions", {"city": "中山", "place": None})
    body = response.json()
    assert "12348" in body["notice"]
    assert len(body["session"]) * 6 >= 128
    cookie = response.headers["set-cookie"]
    assert f"wenfa_session={body['session']}" in cookie
    for part in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie


async def test_the_cookie_is_secure_where_the_deployment_says_so(
    client: httpx.AsyncClient, parts: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure = Settings(home=parts.settings.home, secure_cookie=True)
    monkeypatch.setattr(parts, "settings", secure)
    response = await post(client, "/chat/sessions", {})
    assert "Secure" in response.headers["set-cookie"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"city": "珠海"}, "city"),
        ({"place": "point.nowhere"}, "place"),
        ({"place": "x" * 100}, "place"),
        ({"place": 5}, "place"),
        ({"town": "小榄"}, "town"),
    ],
)
async def test_wrong_fields_of_a_session(client: httpx.AsyncClient, body: Json, field: str) -> None:
    response = await post(client, "/chat/sessions", body)
    problem_of(response, 422, field)
    assert "set-cookie" not in response.headers


async def test_a_scanned_place_goes_with_every_message(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    session = await session_of(client, city="zhongshan", place="point.442000118")
    await say(client, session, text="离我最近的在哪")
    assert engine.calls[0][2] == {"city": "zhongshan", "region": "442000118"}


async def test_a_message_is_answered(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    card: Json = {"type": "notice", "title": None, "text": "甲", "tone": "info", "calls": []}
    engine.payloads = [
        said("一", choices=[{"title": "乙", "value": "service:legal_aid"}]),
        said("二"),
    ]
    engine.payloads[1]["cards"] = [card]
    answer = (await say(client, await session_of(client), text="老板拖欠工资")).json()
    assert answer["state"] == "bot"
    assert answer["ticket"] is None
    assert [message["text"] for message in answer["messages"]] == ["一", "二"]
    assert answer["messages"][0]["choices"] == [{"title": "乙", "value": "service:legal_aid"}]
    assert answer["messages"][1]["cards"] == [card]


async def test_the_same_id_gets_the_first_answer(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    session = await session_of(client)
    first, second = await asyncio.gather(
        say(client, session, text="老板拖欠工资"), say(client, session, text="老板拖欠工资")
    )
    assert first.json() == second.json() == (await say(client, session, text="老板拖欠工资")).json()
    assert len(engine.calls) == 1


async def test_the_cookie_is_enough(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    await post(client, "/chat/sessions", {})
    response = await say(client, None, text="老板拖欠工资")
    client.cookies.clear()
    assert response.status_code == 200


@pytest.mark.parametrize("session", [None, "", "x", "AAAAAAAAAAAAAAAAAAAAAA", "\x00", "会话"])
async def test_a_session_that_does_not_exist(
    client: httpx.AsyncClient, engine: FakeEngine, session: str | None
) -> None:
    client.cookies.clear()
    body = problem_of(await say(client, session, text="老板拖欠工资"), 404)
    assert body["errors"] == []
    assert engine.calls == []


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({}, "message"),
        ({"text": "您好", "choice": "service:legal_aid"}, "message"),
        ({"text": "您好", "location": {"lat": 22.5, "lng": 113.4}}, "message"),
        ({"choice": "service:tax"}, "message.choice"),
        ({"choice": "service:"}, "message.choice"),
        ({"choice": "service"}, "message.choice"),
        ({"choice": "legal_aid"}, "message.choice"),
        ({"choice": "/restart"}, "message.choice"),
        ({"choice": "service:legal_aid\n"}, "message.choice"),
        ({"choice": 'service:legal_aid{"region_id":"1"}'}, "message.choice"),
        ({"choice": "service:find_place"}, "message.choice"),
        ({"choice": "service:nlu_fallback"}, "message.choice"),
        ({"choice": "request:legal_aid"}, "message.choice"),
        ({"choice": "request:restart"}, "message.choice"),
        ({"choice": "region:999"}, "message.choice"),
        ({"choice": "region:"}, "message.choice"),
        ({"choice": ""}, "message.choice"),
        ({"choice": "x" * 100}, "message.choice"),
        ({"location": {"lat": 113.4, "lng": 22.5}}, "message.location.lat"),
        ({"location": {"lat": 48.85, "lng": 2.35}}, "message.location"),
        ({"location": {"lat": 35.0, "lng": 20.0}}, "message.location"),
        ({"location": {"lat": float("nan"), "lng": 113.4}}, "message.location.lat"),
        ({"location": {"lat": 22.5, "lng": float("inf")}}, "message.location.lng"),
        ({"location": {"lat": 22.5, "lng": float("-inf")}}, "message.location.lng"),
        ({"location": {"lat": 10**400, "lng": 113.4}}, "message.location.lat"),
        ({"location": {"lat": 22.5}}, "message.location.lng"),
        ({"location": {"lat": "here", "lng": 113.4}}, "message.location.lat"),
        ({"location": {"lat": 22.5, "lng": 113.4, "accuracy": 5}}, "message.location.accuracy"),
        ({"location": "22.5,113.4"}, "message.location"),
        ({"text": "您好", "metadata": {"city": "x"}}, "message.metadata"),
        ({"text": "您好", "id": ""}, "message.id"),
        ({"text": "您好", "id": "x" * 65}, "message.id"),
        ({"text": "您好", "id": 5}, "message.id"),
        ({"text": {"$ne": ""}}, "message.text"),
    ],
)
async def test_wrong_messages(
    client: httpx.AsyncClient, engine: FakeEngine, message: Json, field: str
) -> None:
    session = await session_of(client)
    problem_of(await say(client, session, **message), 422, field)
    assert engine.calls == []


async def test_a_message_needs_its_id_and_a_chat_its_message(client: httpx.AsyncClient) -> None:
    problem_of(await post(client, "/chat", {"message": {"text": "您好"}}), 422, "message.id")
    problem_of(await post(client, "/chat", {"session": "x"}), 422, "message")
    long = {"session": "x" * 65, "message": {"id": "1", "text": "您好"}}
    problem_of(await post(client, "/chat", long), 422, "session")


@pytest.mark.parametrize(
    ("message", "sent"),
    [
        ({"choice": "service:legal_aid"}, "/legal_aid"),
        ({"choice": "request:find_place"}, "/find_place"),
        ({"choice": "region:442000118"}, "/find_place"),
        ({"location": {"lat": 22.66, "lng": 113.25}}, "/find_place"),
        ({"location": {"lat": 39.9, "lng": 116.4}}, "/find_place"),
        ({"text": "/session_start"}, "／session_start"),
        ({"text": '/find_place{"region_id":"1"}'}, '／find_place{"region_id":"1"}'),
    ],
)
async def test_what_reaches_the_engine(
    client: httpx.AsyncClient, engine: FakeEngine, message: Json, sent: str
) -> None:
    response = await say(client, await session_of(client), **message)
    assert response.status_code == 200
    assert engine.calls[0][1] == sent


async def test_an_absent_engine_is_an_apology(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    engine.away = True
    response = await say(client, await session_of(client), text="老板拖欠工资")
    assert response.status_code == 200
    assert "12348" in response.json()["messages"][0]["text"]


async def test_a_conversation_outlives_the_process_s_memory(
    client: httpx.AsyncClient, engine: FakeEngine, parts: AppState
) -> None:
    session = await session_of(client)
    parts.gateway._known.clear()
    parts.gateway._live.clear()
    assert (await say(client, session, text="老板拖欠工资")).status_code == 200


async def test_conversations_of_long_ago_are_gone_soon_after_a_start(parts: AppState) -> None:
    async with asyncio.timeout(10):
        while await parts.gateway.look(lambda session: session.get(Conversation, "old")):
            await asyncio.sleep(0.05)


async def test_a_second_tab_joins_the_first(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    assert (await client.get(f"{V1}/chat/session")).status_code == 204
    opened = (await post(client, "/chat/sessions", {"city": "qingyuan"})).json()
    joined = await client.get(f"{V1}/chat/session")
    assert joined.json() == {**opened, "city": "qingyuan"}
    assert joined.headers["cache-control"] == "no-store"
    client.cookies.clear()


async def test_leaving_shuts_the_conversation_itself(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    """Quick exit: whoever finds the telephone later finds no conversation behind the token."""
    session = (await post(client, "/chat/sessions", {})).json()["session"]
    await say(client, session, text="他打我")
    await client.get("/leave")
    client.cookies.clear()
    problem_of(await say(client, session, text="你刚才说什么"), 404)
    problem_of(await client.get(f"{V1}/chat/events", params={"session": session}), 404)


async def test_a_message_that_cannot_be_kept_is_not_taken(
    client: httpx.AsyncClient, engine: FakeEngine, parts: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await session_of(client)

    async def full(_work: object) -> None:
        raise StoreAway("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(parts.gateway.store, "run", full)
        body = problem_of(await say(client, session, text="老板拖欠工资"), 503)
        assert "12348" in body["detail"]
        problem_of(await post(client, "/chat/sessions", {}), 503)
    assert engine.calls == []
    again = await say(client, session, text="老板拖欠工资")  # the page sends the same id again
    assert again.status_code == 200
    assert len(engine.calls) == 1


async def test_a_flood_is_refused_kindly(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    session = await session_of(client)
    sent = [say(client, session, id=str(number), text="老板拖欠工资") for number in range(60)]
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} <= {200, 429}
    for answer in answers:
        if answer.status_code == 429:
            assert "12348" in problem_of(answer, 429)["detail"]


# --- health -----------------------------------------------------------------------------------


async def test_health_needs_nothing(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.away = True
    assert (await client.get("/health")).json() == {"status": "ok"}


async def test_not_ready_without_actions(client: httpx.AsyncClient) -> None:
    response = await client.get("/ready")
    assert response.status_code == 503
    checks = response.json()["checks"]
    assert checks["knowledge"]["ok"]
    assert checks["engine"] == {"ok": True, "model": "wenfa-test.tar.gz"}
    assert not checks["actions"]["ok"]


async def answer_ok(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
    await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    ("served", "away", "ranking", "ready"),
    [
        ("wenfa-test.tar.gz", False, True, True),
        ("wenfa-other.tar.gz", False, True, False),
        ("", False, True, False),
        ("wenfa-test.tar.gz", True, True, False),
        ("wenfa-test.tar.gz", False, False, False),
    ],
)
async def test_ready_means_the_right_model_and_a_real_parse(
    client: httpx.AsyncClient,
    engine: FakeEngine,
    parts: AppState,
    monkeypatch: pytest.MonkeyPatch,
    served: str,
    away: bool,
    ranking: bool,
    ready: bool,
) -> None:
    engine.served, engine.away = served, away
    if not ranking:
        engine.parse_answer = {**parsed(), "intent_ranking": []}
    listener = await asyncio.start_server(answer_ok, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    monkeypatch.setattr(parts.settings, "actions_port", port)
    response = await client.get("/ready")
    listener.close()
    assert response.status_code == (200 if ready else 503)
    assert response.json()["ready"] is ready
    assert response.json()["checks"]["actions"] == {"ok": True}


async def test_metrics_count(client: httpx.AsyncClient) -> None:
    await say(client, await session_of(client), text="老板拖欠工资")
    text = (await client.get("/metrics")).text
    for name in ("wenfa_messages_total", "wenfa_engine_failures_total", "wenfa_engine_seconds"):
        assert name in text
