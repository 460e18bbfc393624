"""The operators' console as an operator uses it, and residents who write without a browser."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.accounts.tables import Account, LoginAttempt
from bot.clock import utcnow
from bot.duty import presence, staffing
from bot.duty.presence import Presence
from bot.tables import Ticket
from bot.tickets.states import TicketState, duty_desk
from bot.tickets.summary import NOT_URGENT
from knowledge.database import connect
from tests.e2e.chat_page import Chat
from tests.stack import ROOT, Stack

PASSWORD = "海边 lighthouse 71 盏"


def hire(stack: Stack, username: str, name: str, role: str = "operator", city: str = "") -> None:
    """A new account, made as an administrator makes one."""
    command = [str(ROOT / "wenfa"), "user", "add", username, "--role", role, "--display", name]
    command += ["--city", city] if city else []
    subprocess.run(
        [*command, "--password-stdin"],
        env={**os.environ, "WENFA_HOME": str(stack.home)},
        input=PASSWORD,
        text=True,
        check=True,
        capture_output=True,
    )


@contextmanager
def _written(stack: Stack) -> Iterator[Session]:
    """A transaction in the stack's own database."""
    database = connect(f"sqlite:///{stack.home / 'wenfa.sqlite3'}")
    with Session(database.execution_options(immediate=True)) as session, session.begin():
        yield session
    database.dispose()


def staffed(stack: Stack, city: str) -> None:
    """A city whose console is staffed round the clock: who asks for a person waits for one."""
    always = {"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "23:59"}
    weekly = {"weekly": [always], "holidays": "open"}
    with _written(stack) as session:
        staffing.set_hours(session, city, weekly, None, "test", utcnow())


@contextmanager
def registered(stack: Stack, city: str, how_many: int) -> Iterator[list[str]]:
    """So many tickets that stand open in a city, one a minute: their numbers, the newest first."""
    now = utcnow()
    numbers = [f"9{n:011}" for n in range(how_many)]
    duty = {"owner_desk": duty_desk(), "responsible_desk": duty_desk()}
    with _written(stack) as session:
        session.add_all(
            Ticket(
                number=number,
                channel="web",
                city_id=city,
                urgent=NOT_URGENT,
                trouble=f"第 {n} 件",
                summary=[],
                state=TicketState.open,
                opened_at=now - timedelta(minutes=n),
                passed_by=[],
                seen_seq=0,
                **duty,
            )
            for n, number in enumerate(numbers)
        )
    yield numbers
    with _written(stack) as session:
        session.execute(delete(Ticket).where(Ticket.number.in_(numbers)))


def forgive(stack: Stack) -> None:
    """Forget failed logins: this machine's address is let in again."""
    with _written(stack) as session:
        session.execute(delete(LoginAttempt))


def on_duty(stack: Stack, username: str, state: Presence) -> None:
    """As the operator says it in the header; who is away is offered nothing."""
    with _written(stack) as session:
        account = session.scalars(select(Account).where(Account.username == username)).one()
        presence.say(session, account.id, state, utcnow())


@dataclass
class Resident:
    """A conversation over the public API."""

    client: httpx.Client
    session: str
    ids: count[int] = field(default_factory=lambda: count(1))
    number: str = ""

    @classmethod
    def arrives(cls, client: httpx.Client, city: str) -> Resident:
        answer = client.post("/api/v1/chat/sessions", json={"city": city})
        answer.raise_for_status()
        client.cookies.clear()  # several residents share the client
        return cls(client, answer.json()["session"])

    def say(self, text: str) -> dict[str, Any]:
        return self._send(text=text)

    def tap(self, choice: str) -> dict[str, Any]:
        return self._send(choice=choice)

    def _send(self, **message: str) -> dict[str, Any]:
        body = {"session": self.session, "message": {"id": f"n{next(self.ids)}", **message}}
        answer = self.client.post("/api/v1/chat", json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def asks_for_a_person(self, trouble: str) -> str:
        """Tell the trouble, ask for a person; the ticket's number."""
        self.say(trouble)
        answer = self.say("转人工")
        self.number = answer["ticket"]["number"]
        return self.number

    def types(self) -> None:
        """The resident's page says that somebody is writing."""
        answer = self.client.post("/api/v1/chat/typing", json={"session": self.session})
        answer.raise_for_status()


class Console(Chat):
    """One operator's browser; watched for requests and complaints as a resident's is."""

    def __init__(self, page: Page, url: str) -> None:
        super().__init__(page, url)
        self.box = page.locator("#text")
        self.log = page.locator("#log")
        self.said = page.locator("#log .said-by")
        self.alert = page.locator("#alert")
        self.heading = page.locator("#number")

    def goto(self, path: str = "/console") -> None:
        self.page.goto(self.url + path)

    def log_in(self, username: str, password: str = PASSWORD) -> None:
        """Through the form, to the page that it leads to."""
        self.page.get_by_label("用户名").fill(username)
        self.page.get_by_label("密码").fill(password)
        self.page.get_by_role("button", name="登录").click()

    def line(self, number: str) -> Locator:
        """The ticket in the list, wherever it is."""
        return self.page.locator(f'.line[href$="={number}"]')

    def in_group(self, group: str, number: str) -> Locator:
        """The ticket in a group: offered, waiting, mine, second, open, suspended, others …"""
        return self.page.locator(f'.group.{group} .line[href$="={number}"]')

    def open(self, number: str) -> None:
        """Click on the line and wait until the ticket is there."""
        self.line(number).click()
        expect(self.heading).to_have_text(f"工单 {number[:4]} {number[4:8]} {number[8:]}")

    def deed(self, name: str) -> Locator:
        """A button above the conversation, also of the menu."""
        return self.page.locator(".deeds").get_by_role("button", name=name, exact=True)

    def more(self, name: str) -> Locator:
        """Open one of the questions behind the menu."""
        self.page.locator("#more summary").click()
        self.deed(name).click()
        return self.page.get_by_role("dialog")

    def deeds(self) -> list[str]:
        """What may be done now."""
        return self.page.locator(".deeds button:visible").all_inner_texts()

    def take(self, number: str) -> None:
        self.open(number)
        self.deed("接入").click()
        expect(self.box).to_be_focused()

    def reply(self, text: str) -> None:
        """Write and press Enter; it is there when the server has it."""
        self.box.fill(text)
        self.box.press("Enter")
        words = self.log.locator(".operator:not(.sending, .failed) .words")
        expect(words.filter(has_text=text)).to_have_count(1)

    def dialog(self, name: str) -> Locator:
        """Open one of the four questions."""
        self.deed(name).click()
        return self.page.get_by_role("dialog")
