"""A Bot API server on loopback, as far as a bot of ours uses it, with scripted faults.

    with FakeTelegram(token) as telegram:
        telegram.write(chat=7, text="老板欠我工资")      # what a resident does
        telegram.wait(lambda: telegram.texts(7) == [...])  # what they see

It behaves as the real one where that matters: updates stay until an offset confirms them, long
polls wait, texts over 4,096 UTF-16 units and buttons over 64 bytes are refused. Everything that it
was sent is in `ledger`, also what it refused.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Self
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PATIENCE = 90.0  # seconds; two cores may be busy with other things
BOT = {"id": 4242, "is_bot": True, "first_name": "问法", "username": "wenfa_test_bot"}
_NESTED = ("reply_markup", "allowed_updates", "commands", "link_preview_options", "entities")
Params = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """What happens to a call instead of its answer, or (`accepted`) after it has been taken."""

    status: int = 502
    description: str = "Bad Gateway"
    retry_after: int | None = None
    accepted: bool = False
    hang_up: bool = False  # the connection is held and then closed without an answer
    seconds: float = 0.0


def too_many(retry_after: int) -> Fault:
    return Fault(429, f"Too Many Requests: retry after {retry_after}", retry_after)


BAD_GATEWAY = Fault()
BLOCKED = Fault(403, "Forbidden: bot was blocked by the user")
IMPOSSIBLE = Fault(400, "Bad Request: chat not found")


def lost(seconds: float = 0.0) -> Fault:
    """Taken, and the confirmation is lost."""
    return Fault(accepted=True, hang_up=True, seconds=seconds)


@dataclass(frozen=True)
class Call:
    """One call of the bot: its method, what came with it, and whether it took effect."""

    method: str
    params: Params
    ok: bool
    at: float
    message_id: int | None = None

    @property
    def chat(self) -> int:
        return int(self.params.get("chat_id", 0))

    @property
    def text(self) -> str:
        return str(self.params.get("text", ""))

    @property
    def buttons(self) -> dict[str, str]:
        """Title → callback data of the buttons under a message."""
        rows = (self.params.get("reply_markup") or {}).get("inline_keyboard", [])
        return {button["text"]: button["callback_data"] for row in rows for button in row}

    @property
    def keys(self) -> list[dict[str, Any]]:
        """The keys of the keyboard under the input."""
        rows = (self.params.get("reply_markup") or {}).get("keyboard", [])
        return [key if isinstance(key, dict) else {"text": key} for row in rows for key in row]


@dataclass
class FakeTelegram:
    """The server, in a thread of its own for as long as the block lasts."""

    token: str
    port: int = 0  # any that is free
    ledger: list[Call] = field(default_factory=list)
    url: str = ""

    def __post_init__(self) -> None:
        self._updates: list[Params] = []
        self._faults: dict[tuple[str, int | None], deque[Fault]] = defaultdict(deque)
        self._numbers = count(1000)
        self._messages = count(1)
        self._queries = count(1)
        self._changed = threading.Condition()
        self._news: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.confirmed = 0  # every update below this number is confirmed
        self.offset = 0  # as the bot gave it last
        self.fetched = 0  # and below this one it has been handed over
        self.webhook: Params | None = None

    # ------------------------------------------------------------ life

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(PATIENCE)
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._wake()
        self._thread.join(PATIENCE)

    def _serve(self, ready: threading.Event) -> None:
        path = "/bot{token}/{method}"
        app = Starlette(routes=[Route(path, self._endpoint, methods=["GET", "POST"])])
        config = uvicorn.Config(
            app, port=self.port, log_level="critical", lifespan="off", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)

        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            self._news = asyncio.Event()
            serving = asyncio.create_task(self._server.serve())
            while not self._server.started:
                await asyncio.sleep(0.01)
            port = self._server.servers[0].sockets[0].getsockname()[1]
            self.url = f"http://127.0.0.1:{port}"
            ready.set()
            with suppress(asyncio.CancelledError):
                await serving

        asyncio.run(main())

    # ------------------------------------------------------------ what residents do

    def write(self, chat: int, text: str, **more: Any) -> Params:
        """A resident writes in their private chat."""
        return self.message(chat, text=text, **more)

    def message(self, chat: int, **content: Any) -> Params:
        """A message of any kind; returns the update."""
        return self.push({"message": self.shape(chat, **content)})

    def edit(self, chat: int, message_id: int, **content: Any) -> Params:
        message = self.shape(chat, message_id=message_id, edit_date=int(time.time()), **content)
        return self.push({"edited_message": message})

    def tap(self, chat: int, data: str, message_id: int = 1) -> Params:
        """A resident taps a button under one of the bot's messages."""
        query = {
            "id": str(next(self._queries)),
            "from": person(chat),
            "chat_instance": "1",
            "message": self.shape(chat, message_id=message_id, text="…", **{"from": BOT}),
            "data": data,
        }
        return self.push({"callback_query": query})

    def block(self, chat: int) -> Params:
        member = {"user": BOT, "status": "member"}
        change = {
            "chat": {"id": chat, "type": "private"},
            "from": person(chat),
            "date": int(time.time()),
            "old_chat_member": member,
            "new_chat_member": {"user": BOT, "status": "kicked", "until_date": 0},
        }
        return self.push({"my_chat_member": change})

    def shape(self, chat: int, **content: Any) -> Params:
        """A message object; a group's chat id is negative."""
        place = {"id": chat, "type": "private", "first_name": "陈"}
        if chat < 0:
            place = {"id": chat, "type": "supergroup", "title": "业主群"}
        return {
            "message_id": next(self._messages),
            "date": int(time.time()),
            "chat": place,
            "from": person(abs(chat)),
            **content,
        }

    def push(self, update: Params, update_id: int | None = None) -> Params:
        """Hand over an update, under the next number or one given (a repeat, a leap)."""
        update = {"update_id": next(self._numbers) if update_id is None else update_id, **update}
        with self._changed:
            self._updates.append(update)
        self._wake()
        return update

    # ------------------------------------------------------------ what they see

    def script(self, method: str, *faults: Fault, chat: int | None = None) -> None:
        """The next calls of a method (to a chat, or to any) get these, one each."""
        with self._changed:
            self._faults[method, chat].extend(faults)

    def calls(self, method: str, chat: int | None = None) -> list[Call]:
        """Calls that took effect, in order."""
        with self._changed:
            return [
                call
                for call in self.ledger
                if call.ok and call.method == method and chat in (None, call.chat)
            ]

    def sent(self, chat: int | None = None) -> list[Call]:
        return self.calls("sendMessage", chat)

    def texts(self, chat: int) -> list[str]:
        return [call.text for call in self.sent(chat)]

    def wait(self, condition: Callable[[], bool], within: float = PATIENCE) -> None:
        """Until this is so; AssertionError with the ledger's end if it never is."""
        with self._changed:
            if not self._changed.wait_for(condition, within):
                last = "\n".join(map(str, self.ledger[-20:]))
                raise AssertionError(f"Telegram waited in vain; it last got\n{last}")

    def wait_for_text(self, chat: int, part: str, within: float = PATIENCE) -> Call:
        """The first message in a chat with these words."""

        def found() -> list[Call]:
            return [call for call in self.sent(chat) if part in call.text]

        self.wait(lambda: bool(found()), within)
        return found()[0]

    # ------------------------------------------------------------ the API

    async def _endpoint(self, request: Request) -> Response:
        method = request.path_params["method"]
        params = _params(await request.body())
        if request.path_params["token"] != self.token:
            return _error(401, "Unauthorized")
        fault = self._fault(method, params)
        if fault and not fault.accepted:
            self._note(method, params, ok=False)
            return await self._fail(fault)
        answer = await self._answer(method, params)
        return await self._fail(fault) if fault else answer

    async def _answer(self, method: str, params: Params) -> Response:
        if method == "getUpdates":
            return await self._get_updates(params)
        refused = _refusal(method, params)
        if refused:
            self._note(method, params, ok=False)
            return _error(400, refused)
        if method == "getMe":
            result: Any = BOT
        elif method == "sendMessage":
            call = self._note(method, params, ok=True, message_id=next(self._messages))
            text = {"message_id": call.message_id, "text": call.text, "from": BOT}
            result = self.shape(call.chat, **text)
            return JSONResponse({"ok": True, "result": result})
        else:
            result = True
            if method == "setWebhook":
                self.webhook = params
            elif method == "deleteWebhook":
                self.webhook = None
        self._note(method, params, ok=True)
        return JSONResponse({"ok": True, "result": result})

    async def _get_updates(self, params: Params) -> Response:
        assert self._news is not None
        if self.webhook is not None:
            return _error(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(params.get("offset") or 0)
        with self._changed:
            self._updates = [update for update in self._updates if update["update_id"] >= offset]
            self.confirmed = max(self.confirmed, offset)
            self.offset = offset
        self._note("getUpdates", params, ok=True)
        until = time.monotonic() + float(params.get("timeout") or 0)
        while True:
            self._news.clear()
            with self._changed:
                found = self._updates[: int(params.get("limit") or 100)]
                if found:
                    self.fetched = max(self.fetched, max(one["update_id"] for one in found) + 1)
                    self._changed.notify_all()
            left = until - time.monotonic()
            if found or left <= 0 or self._server.should_exit:
                return JSONResponse({"ok": True, "result": found})
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, 1.0)):
                    await self._news.wait()

    def _fault(self, method: str, params: Params) -> Fault | None:
        chat = int(params.get("chat_id", 0) or 0)
        with self._changed:
            for key in ((method, chat), (method, None)):
                if self._faults[key]:
                    return self._faults[key].popleft()
        return None

    async def _fail(self, fault: Fault) -> Response:
        if fault.seconds:
            await asyncio.sleep(fault.seconds)
        if fault.hang_up:
            # fewer bytes than announced: the server closes the connection in the middle
            return Response(b"", 200, {"content-length": "100"})
        more = {"parameters": {"retry_after": fault.retry_after}} if fault.retry_after else {}
        return _error(fault.status, fault.description, **more)

    def _note(
        self, method: str, params: Params, *, ok: bool, message_id: int | None = None
    ) -> Call:
        call = Call(method, params, ok, time.monotonic(), message_id)
        with self._changed:
            self.ledger.append(call)
            self._changed.notify_all()
        return call

    def _wake(self) -> None:
        if self._loop and self._news and not self._loop.is_closed():
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._news.set)


def person(chat: int) -> Params:
    return {"id": chat, "is_bot": False, "first_name": "陈秘密", "username": f"secret{chat}"}


def _params(body: bytes) -> Params:
    params: Params = dict(parse_qsl(body.decode(), keep_blank_values=True))
    for name in _NESTED:
        if name in params:
            params[name] = json.loads(params[name])
    return params


def _refusal(method: str, params: Params) -> str | None:
    """What the real one refuses, as far as we could get it wrong."""
    if method != "sendMessage":
        return None
    text = params.get("text", "")
    if not text.strip():
        return "Bad Request: message text is empty"
    if len(text.encode("utf-16-le")) // 2 > 4096:
        return "Bad Request: message is too long"
    if params.get("parse_mode"):
        return "Bad Request: this fake reads no markup"
    for row in (params.get("reply_markup") or {}).get("inline_keyboard", []):
        for button in row:
            if not 1 <= len(button["callback_data"].encode()) <= 64:
                return "Bad Request: BUTTON_DATA_INVALID"
    return None


def _error(status: int, description: str, **more: Any) -> Response:
    body = {"ok": False, "error_code": status, "description": description, **more}
    return JSONResponse(body, status)
