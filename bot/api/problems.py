"""Errors as RFC 9457 problem+json, in Chinese, naming the field; never a stack trace."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.words import words

log = logging.getLogger(__name__)
MEDIA = "application/problem+json"


class FieldError(BaseModel):
    """One wrong field and what is wrong with it."""

    field: str
    message: str


class ProblemDocument(BaseModel):
    """The body of every error answer."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldError] = []


def name_problem_media(openapi: dict[str, Any]) -> dict[str, Any]:
    """FastAPI documents every model as application/json; error answers are problem+json."""
    for methods in openapi["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if status >= "400" and "application/json" in response.get("content", {}):
                    response["content"][MEDIA] = response["content"].pop("application/json")
    return openapi


class Problem(Exception):
    """Raised anywhere below a route: becomes problem+json. `detail` is a key of problems.yml."""

    def __init__(
        self, status: int, detail: str, field: str | None = None, **values: object
    ) -> None:
        self.status = status
        self.field = field
        self.detail = str(words("problems")["detail"][detail]).format(**values)
        self.errors = [FieldError(field=field, message=self.detail)] if field else []
        super().__init__(self.detail)


class WrongFields(Problem):
    """Several fields at once, each with its own message; the detail has the first (`problem`)."""

    def __init__(self, detail: str, errors: Sequence[FieldError]) -> None:
        super().__init__(422, detail, problem=errors[0].message)
        self.errors = list(errors)


def document(status: int, detail: str, errors: list[FieldError] | None = None) -> JSONResponse:
    """A problem+json answer."""
    title = words("problems")["title"].get(status) or HTTPStatus(status).phrase
    body = ProblemDocument(title=title, status=status, detail=detail, errors=errors or [])
    return JSONResponse(body.model_dump(), status_code=status, media_type=MEDIA)


def install(app: FastAPI) -> None:
    """Register the handlers for our problems, validation, HTTP errors and everything unexpected."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_middleware(Unexpected)


def problem(error: Problem) -> JSONResponse:
    """A Problem as its answer."""
    return document(error.status, error.detail, error.errors)


async def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return problem(error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    if any(item["type"] == "json_invalid" for item in error.errors()):
        return document(400, words("problems")["detail"]["bad_json"])
    if not _is_json(request) and any(item["loc"] == ("body",) for item in error.errors()):
        return document(415, words("problems")["detail"]["not_json"])
    errors = [_field_error(item) for item in error.errors()]
    return document(422, errors[0].message, errors)


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _field_error(item: Mapping[str, Any]) -> FieldError:
    field = ".".join(str(part) for part in item["loc"][1:]) or str(item["loc"][0])
    phrases = words("problems")["fields"]
    phrase = phrases.get(item["type"], phrases["other"])
    return FieldError(field=field, message=phrase.format(field=field, **item.get("ctx", {})))


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    details = words("problems")["detail"]
    known = {404: "not_found", 405: "method", 400: "bad_json"}
    detail = (
        details[known[error.status_code]] if error.status_code in known else details["internal"]
    )
    response = document(error.status_code, detail)
    response.headers.update(error.headers or {})
    return response


class Unexpected:
    """A bug becomes a 500 inside the other middleware, so that it too has the security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            if started or scope["type"] != "http":
                raise
            log.exception("unexpected error at %s", scope["path"])
            await document(500, words("problems")["detail"]["internal"])(scope, receive, send)


class BodyLimit:
    """Refuse a body over the limit before it is read into memory (413), also when chunked."""

    def __init__(
        self,
        app: ASGIApp,
        limit: int,
        larger: dict[str, int],
        streamed: frozenset[str] = frozenset(),
    ) -> None:
        """Limits in bytes; `larger` by exact path.

        A `streamed` path counts for itself while it writes to a file: nothing is kept in memory
        before it has asked who is there.
        """
        self._app = app
        self._limit = limit
        self._larger = larger
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._larger.get(scope["path"], self._limit)
        refusal = document(
            413, words("problems")["detail"]["too_large"].format(limit=limit // 1024)
        )
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > limit:
            await refusal(scope, receive, send)
            return
        if scope["method"] in ("GET", "HEAD") or scope["path"] in self._streamed:
            await self._app(scope, receive, send)
            return
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > limit:
                await refusal(scope, receive, send)
                return
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, replay, send)
