"""The public contract, asked of the running product over HTTP."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.stack import Stack

pytestmark = pytest.mark.e2e
API = "/api/v1"
JSON = {"content-type": "application/json"}
WAGES = "老板拖欠我三个月工资，我在小榄打工"
REGION_KEYS = {"region_id", "city", "county", "town", "village"}
PLACE_KEYS = {
    "id", "name", "kind", "level", "region_id", "county", "town", "services", "address", "phone",
    "hours", "hours_exceptions", "open_now", "opens_next", "accessibility", "lat", "lng",
    "approximate", "distance_km", "travel_minutes", "map_url", "verified", "source", "as_of",
    "people",
}  # fmt: skip
ONLINE_KEYS = {"name", "url", "what", "verified", "source"}
XIAOLAN = {"region_id": "442000118", "city": "中山市", "county": None, "town": "小榄镇"}


@pytest.fixture
def api(stack: Stack) -> Iterator[httpx.Client]:
    """A client that keeps no cookie from test to test."""
    with stack.client() as client:
        yield client


def has_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def assert_problem(answer: httpx.Response, status: int, *fields: str) -> dict[str, Any]:
    """RFC 9457 in Chinese; every named field is blamed."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert set(body) >= {"type", "title", "status", "detail"}
    assert body["status"] == status
    assert has_chinese(body["title"])
    assert has_chinese(body["detail"])
    assert [error["field"] for error in body["errors"]] == list(fields)
    assert all(has_chinese(error["message"]) for error in body["errors"])
    return body


def open_session(api: httpx.Client, city: str = "zhongshan") -> str:
    answer = api.post(f"{API}/chat/sessions", json={"city": city})
    assert answer.status_code == 200
    token: str = answer.json()["session"]
    api.cookies.clear()  # the token alone must do, except where a test is about the cookie
    return token


def say(
    api: httpx.Client, session: str, message_id: str | None = None, **content: Any
) -> dict[str, Any]:
    message = {"id": message_id or uuid.uuid4().hex, **content}
    answer = api.post(f"{API}/chat", json={"session": session, "message": message})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert set(body) == {"messages", "state", "ticket"}
    assert body["state"] == "bot"
    assert body["messages"]
    for bot in body["messages"]:
        assert set(bot) == {"id", "text", "choices", "cards", "author", "author_name", "at"}
        assert bot["text"] or bot["cards"]
        assert all(set(choice) == {"title", "value"} for choice in bot["choices"])
        assert all(
            card["type"] in {"place", "screening", "faq", "ticket", "notice", "referral"}
            for card in bot["cards"]
        )
    return body


def words_of(answer: dict[str, Any]) -> str:
    return json.dumps(answer["messages"], ensure_ascii=False)


def cards_of(answer: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [card for bot in answer["messages"] for card in bot["cards"] if card["type"] == kind]


# ---------------------------------------------------------------- triage


def test_triage_has_the_shape_of_the_contract(api: httpx.Client) -> None:
    answer = api.post(f"{API}/triage", json={"text": WAGES, "city": "中山"})
    assert answer.status_code == 200
    body = answer.json()
    contract = {"services", "matters", "urgent", "in_scope", "regions", "referrals"}
    assert set(body) == contract | {"party", "troubles"}  # additions of ours
    assert body["party"] == {"id": "self", "name": "本人"}
    assert body["troubles"] == []
    for ranking in (body["services"], body["matters"]):
        assert all(set(label) == {"id", "name", "confidence"} for label in ranking)
        confidences = [label["confidence"] for label in ranking]
        assert confidences == sorted(confidences, reverse=True)
        assert all(0.01 < confidence <= 1 for confidence in confidences)
    assert body["matters"][0]["id"] == "labor"
    assert body["matters"][0]["name"] == "劳动人事"
    assert body["urgent"] == {"flag": False, "kind": "none", "evidence": []}
    assert body["in_scope"] is True
    assert body["regions"] == [XIAOLAN | {"village": None}]
    first = body["referrals"][0]
    assert set(first) >= {"service", "name", "why", "source", "deadline"}
    assert first["service"] == "labor_arbitration"
    assert first["name"] == "劳动人事争议仲裁"
    assert "法第" in first["source"]


def test_triage_says_what_in_the_words_is_urgent(api: httpx.Client) -> None:
    text = "我老公正在打我，我躲在房间里"
    urgent = api.post(f"{API}/triage", json={"text": text}).json()["urgent"]
    assert urgent["flag"] is True
    assert urgent["kind"] == "violence"
    assert urgent["evidence"]
    assert all(words in text for words in urgent["evidence"])


def test_only_the_top_service_decides_the_scope(api: httpx.Client) -> None:
    body = api.post(f"{API}/triage", json={"text": "今天天气怎么样"}).json()
    assert body["in_scope"] is (body["services"][0]["id"] != "out_of_scope")
    assert body["in_scope"] is False


@pytest.mark.parametrize("city", ["zhongshan", "qingyuan", "lianyungang", "中山", "连云港市", None])
def test_a_city_is_named_by_id_or_by_name(api: httpx.Client, city: str | None) -> None:
    answer = api.post(f"{API}/triage", json={"text": "想做公证", "city": city})
    assert answer.status_code == 200


@pytest.mark.parametrize("count", [1, 40])
def test_a_batch_answers_in_order(api: httpx.Client, count: int) -> None:
    kinds = [WAGES, "离婚孩子归谁", "房东不退押金怎么办", "邻居家的树挡住了我家的光"]
    texts = [kinds[index % 4] + "。" * (index // 4) for index in range(count)]
    answer = api.post(f"{API}/triage/batch", json={"texts": texts, "city": "中山"})
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert len(results) == count
    alone = [api.post(f"{API}/triage", json={"text": text, "city": "中山"}) for text in texts]
    assert results == [single.json() for single in alone]


# ---------------------------------------------------------------- places


def nearest(api: httpx.Client, **query: Any) -> dict[str, Any]:
    answer = api.get(f"{API}/places/nearest", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert set(body) == {"resolved", "ambiguous", "outside", "places", "online"}
    assert all(set(place) == PLACE_KEYS for place in body["places"])
    assert all(place["level"] in {"village", "town", "county", "city"} for place in body["places"])
    assert all(place["source"] and place["as_of"] for place in body["places"])
    assert all(set(door) == ONLINE_KEYS for door in body["online"])
    assert all(set(region) == REGION_KEYS for region in body["ambiguous"])
    return body


def test_a_named_place(api: httpx.Client) -> None:
    body = nearest(api, city="zhongshan", q="小榄镇")
    assert body["resolved"] == XIAOLAN | {"village": None, "method": "name"}
    assert body["outside"] is False
    assert body["ambiguous"] == []
    assert body["places"][0]["town"] == "小榄镇"
    assert body["places"][0]["verified"] in (True, False)


def test_coordinates(api: httpx.Client) -> None:
    body = nearest(api, lat=22.67, lng=113.25)
    assert body["resolved"]["town"] == "小榄镇"
    assert body["resolved"]["method"] in {"boundary", "nearest_point"}
    assert 0 < body["places"][0]["distance_km"] < 10


def test_more_than_one_fits(api: httpx.Client) -> None:
    body = nearest(api, city="清远", q="太平镇")
    assert body["resolved"] is None
    assert body["places"] == []
    assert {region["county"] for region in body["ambiguous"]} == {"清新区", "阳山县"}


@pytest.mark.parametrize("query", [{"q": "珠海市香洲区"}, {"lat": 22.27, "lng": 113.57}])
def test_outside(api: httpx.Client, query: dict[str, Any]) -> None:
    body = nearest(api, **query)
    assert body["outside"] is True
    assert body["resolved"] is None
    assert body["places"] == []


@pytest.mark.parametrize("words", ["你好", "怎么写起诉状", " ", ""])
def test_nothing_to_locate(api: httpx.Client, words: str) -> None:
    body = nearest(api, q=words)
    assert body["resolved"] is None
    assert body["ambiguous"] == []
    assert body["outside"] is False
    assert body["places"] == []


def test_limit_and_service_narrow_the_places(api: httpx.Client) -> None:
    body = nearest(api, q="小榄镇", limit=1)
    assert len(body["places"]) == 1
    body = nearest(api, q="小榄镇", service="labor_arbitration")
    assert "labor_arbitration" in body["places"][0]["services"]


# ---------------------------------------------------------------- chat


def test_a_session_is_a_token_and_a_cookie(api: httpx.Client) -> None:
    answer = api.post(f"{API}/chat/sessions", json={"city": "清远", "place": None})
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"session", "notice"}
    assert "12348" in body["notice"]
    assert len(body["session"]) >= 22  # 128 bits
    cookie = answer.headers["set-cookie"]
    assert body["session"] in cookie
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    assert "max-age" not in cookie.lower()  # gone when the browser is closed


def test_the_cookie_does_instead_of_the_token(api: httpx.Client) -> None:
    api.post(f"{API}/chat/sessions", json={"city": "zhongshan"})
    message = {"id": "1", "text": WAGES}
    answer = api.post(f"{API}/chat", json={"message": message})
    assert answer.status_code == 200
    assert "劳动人事" in words_of(answer.json())


def test_a_conversation_remembers(api: httpx.Client) -> None:
    session = open_session(api)
    first = say(api, session, text=WAGES)
    assert [card["service"] for card in cards_of(first, "referral")][:2] == [
        "labor_arbitration",
        "legal_aid",
    ]
    assert cards_of(first, "place")[0]["town"] == "小榄镇"
    assert set(cards_of(first, "place")[0]) == PLACE_KEYS | {"type"}
    later = say(api, session, text="最近的服务点在哪里")
    assert cards_of(later, "place")[0]["town"] == "小榄镇"


def test_the_same_message_again_gets_the_first_answer(api: httpx.Client) -> None:
    session = open_session(api)
    first = say(api, session, "same", text=WAGES)
    assert say(api, session, "same", text=WAGES) == first
    assert say(api, session, "same", text="完全是另一句话") == first
    assert say(api, session, "other", text=WAGES) != first
    # an id is a resident's own: in another conversation it is a new message
    assert say(api, open_session(api), "same", text="想做公证") != first


def test_a_choice_and_a_position_are_messages_too(api: httpx.Client) -> None:
    session = open_session(api, "qingyuan")
    asked = say(api, session, text="太平镇哪里可以做调解")
    choices = [choice for bot in asked["messages"] for choice in bot["choices"]]
    assert [choice["value"] for choice in choices] == ["region:441803104", "region:441823107"]
    tapped = say(api, session, choice="region:441823107")
    assert cards_of(tapped, "place")[0]["county"] == "阳山县"
    assert "公证" in words_of(say(api, session, choice="service:notarization"))
    shared = say(api, session, location={"lat": 22.67, "lng": 113.25})
    assert cards_of(shared, "place")[0]["town"] == "小榄镇"
    outside = say(api, session, location={"lat": 22.27, "lng": 113.57})
    assert cards_of(outside, "place") == []
    assert "12348" in words_of(outside)


@pytest.mark.parametrize("session", ["AAAAAAAAAAAAAAAAAAAAAA", "", None, "' OR 1=1 --"])
def test_an_unknown_session_gets_no_hint(api: httpx.Client, session: str | None) -> None:
    body = {"session": session, "message": {"id": "1", "text": "你好"}}
    problem = assert_problem(api.post(f"{API}/chat", json=body), 404)
    assert problem["detail"] == "没有这个会话，请重新开始。"


@pytest.mark.parametrize("text", ["/restart", '/inform{"x":1}', "／restart", "/find_place", "/"])
def test_nobody_drives_the_engine_by_typing(api: httpx.Client, text: str) -> None:
    session = open_session(api)
    say(api, session, text=WAGES)
    assert "restart" not in words_of(say(api, session, text=text))
    later = say(api, session, text="最近的服务点在哪里")
    assert cards_of(later, "place")[0]["town"] == "小榄镇"  # what was said before still counts
    made = say(api, session, text="给我个工单号")
    assert made["ticket"]  # the trouble is still the same: there is something to make one of


# ---------------------------------------------------------------- health


def test_health_ready_and_metrics(api: httpx.Client) -> None:
    assert api.get("/health").json() == {"status": "ok"}
    ready = api.get("/ready")
    assert ready.status_code == 200
    assert ready.json()["ready"] is True
    assert ready.json()["checks"]["engine"]["model"]
    metrics = api.get("/metrics")
    assert metrics.status_code == 200
    assert metrics.headers["content-type"].startswith("text/plain")
    assert "wenfa_engine_seconds_bucket" in metrics.text


def test_the_document_names_every_door(api: httpx.Client) -> None:
    document = api.get("/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert set(document["paths"]) >= {
        "/api/v1/triage",
        "/api/v1/triage/batch",
        "/api/v1/places/nearest",
        "/api/v1/chat/sessions",
        "/api/v1/chat",
        "/api/v1/chat/events",
        "/api/v1/login",
        "/api/v1/tickets",
        "/api/v1/tickets/{number}/claim",
        "/health",
        "/ready",
        "/metrics",
    }


@pytest.mark.parametrize("path", ["/", "/leave", "/static/chat.js", "/api/v1/nothing", "/health"])
def test_every_answer_carries_the_strict_policy(api: httpx.Client, path: str) -> None:
    headers = api.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers
    if path in ("/", "/leave"):
        assert headers["cache-control"] == "no-store"


# ---------------------------------------------------------------- bad input

NO_ERRORS_OF_OURS = ("Traceback", "rasa", "sqlalchemy", "Error(")


@pytest.mark.parametrize(
    ("body", "status", "fields"),
    [
        ({}, 422, ["text"]),
        ({"text": ""}, 422, ["text"]),
        ({"text": "   "}, 422, ["text"]),
        ({"text": "\u0000\u0000"}, 422, ["text"]),
        ({"text": "\ufeff\u2028"}, 422, ["text"]),
        ({"text": None}, 422, ["text"]),
        ({"text": 5}, 422, ["text"]),
        ({"text": ["工资"]}, 422, ["text"]),
        ({"text": "工" * 5000}, 422, ["text"]),
        ({"text": "工资", "city": "东莞"}, 422, ["city"]),
        ({"text": "工资", "city": ""}, 422, ["city"]),
        ({"text": "工资", "citi": "中山"}, 422, ["citi"]),
        ({"text": "工" * 5000, "citi": "中山"}, 422, ["text", "citi"]),
    ],
)
def test_triage_names_the_wrong_field(
    api: httpx.Client, body: dict[str, Any], status: int, fields: list[str]
) -> None:
    assert_problem(api.post(f"{API}/triage", json=body), status, *fields)


@pytest.mark.parametrize(
    "text",
    [
        "😀",
        "😀😀🎉👨‍👩‍👧",
        "工资\u0000不给",
        "<script>alert(1)</script>",
        "１２３",
    ],
)
def test_odd_text_is_answered(api: httpx.Client, text: str) -> None:
    assert api.post(f"{API}/triage", json={"text": text}).status_code == 200
    answer = words_of(say(api, open_session(api), text=text))
    assert has_chinese(answer)
    assert "<script>" not in answer
    assert not any(sign in answer for sign in NO_ERRORS_OF_OURS)


def test_text_that_nobody_can_see_is_no_text(api: httpx.Client) -> None:
    hidden = "\u202e\ufeff"
    assert_problem(api.post(f"{API}/triage", json={"text": hidden}), 422, "text")
    message = {"id": "n1", "text": hidden}
    body = {"session": open_session(api), "message": message}
    assert_problem(api.post(f"{API}/chat", json=body), 422, "message.text")


def test_half_a_character_names_the_field(api: httpx.Client) -> None:
    answer = api.post(f"{API}/triage", content=b'{"text": "\\ud800"}', headers=JSON)
    assert_problem(answer, 422, "text")


POSTED = ["triage", "triage/batch", "chat", "chat/sessions"]


@pytest.mark.parametrize("path", POSTED)
@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"nope", b'{"text": "x",}'])
def test_broken_json_is_said_to_be_broken(api: httpx.Client, path: str, content: bytes) -> None:
    answer = api.post(f"{API}/{path}", content=content, headers=JSON)
    assert "JSON" in assert_problem(answer, 400)["detail"]


@pytest.mark.parametrize("path", POSTED)
def test_an_empty_body_is_said_to_be_missing(api: httpx.Client, path: str) -> None:
    assert_problem(api.post(f"{API}/{path}", content=b"", headers=JSON), 422, "body")


@pytest.mark.parametrize("path", POSTED)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_another_content_type_is_told_to_send_json(
    api: httpx.Client, path: str, kind: str | None
) -> None:
    headers = {"content-type": kind} if kind else {}
    answer = api.post(f"{API}/{path}", content='{"text": "工资"}'.encode(), headers=headers)
    assert answer.status_code in (415, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "JSON" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["triage", "chat", "chat/sessions"])
def test_ten_megabytes_are_refused(api: httpx.Client, path: str) -> None:
    content = b'{"text": "' + b"a" * 10_000_000 + b'"}'
    problem = assert_problem(api.post(f"{API}/{path}", content=content, headers=JSON), 413)
    assert "KB" in problem["detail"]


def test_a_batch_may_be_large_but_not_without_end(api: httpx.Client) -> None:
    one_text = b'{"texts": ["' + b"a" * 10_000_000 + b'"]}'
    assert_problem(api.post(f"{API}/triage/batch", content=one_text, headers=JSON), 422, "texts.0")
    endless = b'{"texts": ["' + b"a" * 20_000_000 + b'"]}'
    assert_problem(api.post(f"{API}/triage/batch", content=endless, headers=JSON), 413)


def test_ten_megabytes_in_pieces_are_refused_too(api: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield b"a" * 100_000

    try:
        answer = api.post(f"{API}/triage", content=pieces(), headers=JSON)
    except httpx.WriteError:
        return  # the door was shut while we were still pushing
    assert_problem(answer, 413)


@pytest.mark.parametrize(
    ("texts", "fields"),
    [
        ([], ["texts"]),
        (["工资"] * 1001, ["texts"]),
        (["工资", ""], ["texts.1"]),
        (["工资", "  "], ["texts.1"]),
        (["工资", "工" * 2001], ["texts.1"]),
        (["工资", None], ["texts.1"]),
        ("工资", ["texts"]),
    ],
)
def test_a_batch_names_the_wrong_text(api: httpx.Client, texts: Any, fields: list[str]) -> None:
    assert_problem(api.post(f"{API}/triage/batch", json={"texts": texts}), 422, *fields)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "q"),
        ({"lat": 22.67}, "lng"),
        ({"lng": 113.25}, "lat"),
        ({"lat": 113.25, "lng": 22.67}, "lat"),  # swapped
        ({"lat": 48.85, "lng": 2.35}, "lat"),  # Paris
        ({"lat": 35.68, "lng": 139.69}, "lat"),  # Tokyo
        ({"lat": 0, "lng": 0}, "lat"),
        ({"lat": "nan", "lng": 113.25}, "lat"),
        ({"lat": 22.67, "lng": "inf"}, "lng"),
        ({"lat": "北", "lng": 113.25}, "lat"),
        ({"q": "小榄", "city": "东莞"}, "city"),
        ({"q": "小榄", "service": "nothing"}, "service"),
        ({"q": "小榄", "limit": 0}, "limit"),
        ({"q": "小榄", "limit": 21}, "limit"),
        ({"q": "榄" * 501}, "q"),
    ],
)
def test_places_name_the_wrong_field(api: httpx.Client, query: dict[str, Any], field: str) -> None:
    assert_problem(api.get(f"{API}/places/nearest", params=query), 422, field)


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"text": "工资"}, "message.id"),
        ({"id": "", "text": "工资"}, "message.id"),
        ({"id": "x" * 65, "text": "工资"}, "message.id"),
        ({"id": "1"}, "message"),
        ({"id": "1", "text": "工资", "choice": "service:legal_aid"}, "message"),
        ({"id": "1", "text": "   "}, "message.text"),
        ({"id": "1", "text": "\u0000\u0000"}, "message.text"),
        ({"id": "1", "text": ""}, "message.text"),
        ({"id": "1", "text": "工" * 5000}, "message.text"),
        ({"id": "1", "choice": "/restart"}, "message.choice"),
        ({"id": "1", "choice": "service:restart"}, "message.choice"),
        ({"id": "1", "choice": 'request:restart{"x":1}'}, "message.choice"),
        ({"id": "1", "choice": "region:110101001"}, "message.choice"),
        ({"id": "1", "location": {"lat": 113.25, "lng": 22.67}}, "message.location.lat"),
        ({"id": "1", "location": {"lat": 48.85, "lng": 2.35}}, "message.location"),
        ({"id": "1", "location": {"lat": math.nan, "lng": 2.35}}, "message.location.lat"),
        ({"id": "1", "location": {"lat": 22.67}}, "message.location.lng"),
        ({"id": "1", "text": "工资", "mood": "sad"}, "message.mood"),
    ],
)
def test_chat_names_the_wrong_field(api: httpx.Client, message: dict[str, Any], field: str) -> None:
    content = json.dumps({"session": open_session(api), "message": message})
    assert_problem(api.post(f"{API}/chat", content=content, headers=JSON), 422, field)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"city": "东莞"}, "city"),
        ({"city": "zhongshan", "place": "nowhere"}, "place"),
        ({"town": "小榄"}, "town"),
        (["中山"], "body"),
    ],
)
def test_opening_a_session_names_the_wrong_field(api: httpx.Client, body: Any, field: str) -> None:
    assert_problem(api.post(f"{API}/chat/sessions", json=body), 422, field)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/v1/nothing", 404), ("GET", "/api/v1/triage", 405), ("PUT", "/health", 405)],
)
def test_a_wrong_door_is_a_problem_in_chinese(
    api: httpx.Client, method: str, path: str, status: int
) -> None:
    assert_problem(api.request(method, path), status)
