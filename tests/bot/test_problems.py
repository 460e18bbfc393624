"""Every error is problem+json in Chinese, names the field, and tells nothing of the inside."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel, Field

from bot.api import problems
from bot.words import words

HAN = re.compile(r"[\u4e00-\u9fff]")


class Body(BaseModel):
    text: str = Field(max_length=5)
    numbers: list[int] = Field(default=[], max_length=2)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(
        problems.BodyLimit, limit=1024, larger={"/large": 4096}, streamed=frozenset({"/streamed"})
    )

    @app.post("/body")
    @app.post("/large")
    async def take(body: Body) -> Body:
        return body

    @app.post("/streamed")
    async def count(request: Request) -> int:
        return sum([len(block) async for block in request.stream()])

    @app.get("/problem")
    async def problem() -> None:
        raise problems.Problem(422, "unknown_city", "city", cities="中山")

    @app.get("/bug")
    async def bug() -> None:
        raise RuntimeError("postgresql://root:hunter2@db/wenfa")

    @app.get("/teapot")
    async def teapot() -> None:
        raise HTTPException(401, "English from elsewhere", headers={"WWW-Authenticate": "Bearer"})

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://x.test") as browser:
        yield browser


def problem_of(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["content-type"] == problems.MEDIA
    body: dict[str, Any] = response.json()
    assert set(body) == {"type", "title", "status", "detail", "errors"}
    assert body["status"] == status
    assert HAN.search(body["detail"])
    assert "Traceback" not in response.text
    return body


async def test_a_problem_names_its_field(client: httpx.AsyncClient) -> None:
    body = problem_of(await client.get("/problem"), 422)
    assert body["title"] == "填写有误"
    assert "中山" in body["detail"]
    assert body["errors"] == [{"field": "city", "message": body["detail"]}]


async def test_an_unknown_detail_is_a_bug() -> None:
    with pytest.raises(KeyError):
        problems.Problem(422, "no such words")


async def test_a_bug_tells_nothing_but_the_hotline(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    response = await client.get("/bug")
    body = problem_of(response, 500)
    assert "12348" in body["detail"]
    assert "hunter2" not in response.text
    assert "RuntimeError" not in response.text
    # whoever runs it finds the trace in the log
    assert "RuntimeError" in caplog.text


async def test_http_errors_keep_their_status_and_headers(client: httpx.AsyncClient) -> None:
    response = await client.get("/teapot")
    problem_of(response, 401)
    assert response.headers["www-authenticate"] == "Bearer"
    assert "English" not in response.text
    assert problem_of(await client.get("/nowhere"), 404)["detail"] == "没有这个地址。"
    response = await client.get("/body")
    problem_of(response, 405)
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({}, "text", "缺少 text"),
        ({"text": "一二三四五六"}, "text", "最多 5 个字"),
        ({"text": 5}, "text", "应当是文字"),
        ({"text": None}, "text", "应当是文字"),
        ({"text": "x", "numbers": [1, 2, 3]}, "numbers", "最多 2 条"),
        ({"text": "x", "numbers": [1, "{field}"]}, "numbers.1", "numbers.1 的值不对"),
    ],
)
async def test_a_wrong_field_is_named(
    client: httpx.AsyncClient, body: dict[str, Any], field: str, says: str
) -> None:
    answer = problem_of(await client.post("/body", json=body), 422)
    assert answer["errors"][0]["field"] == field
    assert says in answer["errors"][0]["message"]
    assert answer["detail"] == answer["errors"][0]["message"]


async def test_every_wrong_field_is_named(client: httpx.AsyncClient) -> None:
    answer = problem_of(await client.post("/body", json={"numbers": "x"}), 422)
    assert [error["field"] for error in answer["errors"]] == ["text", "numbers"]


@pytest.mark.parametrize("body", [b"{", b"{'text': 'x'}", b'{"text": ', b"\xff\xfe", b"[" * 900])
async def test_broken_json_is_said_to_be_that(client: httpx.AsyncClient, body: bytes) -> None:
    response = await client.post(
        "/body", content=body, headers={"content-type": "application/json"}
    )
    assert problem_of(response, 400)["detail"] == words("problems")["detail"]["bad_json"]


async def pieces(size: int, *, count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * size


@pytest.mark.parametrize("size", [1025, 5000])
async def test_a_large_body_is_refused(client: httpx.AsyncClient, size: int) -> None:
    answer = problem_of(await client.post("/body", content=b" " * size), 413)
    assert "1 KB" in answer["detail"]


async def test_a_large_body_in_pieces_is_refused_before_it_is_read(
    client: httpx.AsyncClient,
) -> None:
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        while given < 1_000_000:
            given += 512
            yield b" " * 512

    problem_of(await client.post("/body", content=endless()), 413)
    assert given < 10_000


async def test_a_body_in_pieces_under_the_limit_is_taken(client: httpx.AsyncClient) -> None:
    whole = json.dumps({"text": "您好"}).encode()

    async def halves() -> AsyncIterator[bytes]:
        yield whole[:5]
        yield whole[5:]

    response = await client.post(
        "/body", content=halves(), headers={"content-type": "application/json"}
    )
    assert response.status_code == 200
    assert response.json()["text"] == "您好"


async def test_limits_are_by_path(client: httpx.AsyncClient) -> None:
    body = {"text": "x", "numbers": [], "room": "y" * 2000}
    assert (await client.post("/large", json=body)).status_code == 200
    problem_of(await client.post("/body", json=body), 413)
    problem_of(await client.post("/large", content=pieces(1000, count=5)), 413)


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", ""])
async def test_a_length_that_is_none_is_refused(client: httpx.AsyncClient, length: str) -> None:
    response = await client.post("/body", content=b"{}", headers={"content-length": length})
    problem_of(response, 413)


async def test_a_streamed_body_is_counted_by_who_writes_it_down(client: httpx.AsyncClient) -> None:
    """Nothing of it lies in memory before the route has asked who is there."""

    async def blocks() -> AsyncIterator[bytes]:
        for _ in range(8):
            yield b"x" * 1024

    assert (await client.post("/streamed", content=blocks())).json() == 8 * 1024
    # what is declared is still held to the limit
    assert (await client.post("/streamed", content=b"x" * 2048)).status_code == 413
