"""An operator as another program is one: an account, a bearer token, the tickets' API."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from tests.stack import ROOT, Stack

PASSWORD = "correct horse 9"


def wenfa(stack: Stack, *arguments: str, typed: str = "") -> str:
    """`./wenfa …` over the stack's own home; what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        cwd=ROOT,
        env={**os.environ, "WENFA_HOME": str(stack.home), "PYTHONPATH": str(ROOT)},
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def hire(stack: Stack, username: str, display: str, *roles: str) -> None:
    """An account with the common password."""
    wanted = [item for role in roles or ("operator",) for item in ("--role", role)]
    wenfa(
        stack, "user", "add", username, *wanted, "--display", display, "--password-stdin",
        typed=PASSWORD + "\n",
    )  # fmt: skip


@dataclass
class Operator:
    """Works on tickets over HTTP."""

    client: httpx.Client
    token: str

    @classmethod
    def of(
        cls, stack: Stack, client: httpx.Client, username: str = "", display: str = "李莉"
    ) -> Operator:
        """A new one, with a token; the client stays the caller's to close."""
        username = username or f"li{uuid.uuid4().hex[:8]}"
        hire(stack, username, display)
        return cls(client, wenfa(stack, "token", "add", username).strip())

    def do(self, number: str, deed: str, **body: Any) -> httpx.Response:
        """POST /tickets/{number}/{deed}."""
        return self.client.post(f"/api/v1/tickets/{number}/{deed}", json=body, headers=self.headers)

    def see(self, number: str) -> dict[str, Any]:
        """GET /tickets/{number}."""
        answer = self.client.get(f"/api/v1/tickets/{number}", headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}
