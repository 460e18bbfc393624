"""A folder of pages: its templates and its words, read once, and how a page is kept by nobody."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape

from knowledge.law.links import pieces

# pieces that several folders share
SHARED = Path(__file__).parent / "templates"
PRIVATE = {"Cache-Control": "no-store", "Permissions-Policy": "geolocation=(self)"}


class Pages:
    """`folder` holds templates/ and content/{words}.yml; nothing is read before it is asked for."""

    def __init__(self, folder: Path, words: str) -> None:
        self._folder = folder
        self._name = words

    @cached_property
    def words(self) -> dict[str, Any]:
        """Every Chinese word of these pages."""
        file = self._folder / "content" / f"{self._name}.yml"
        content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        return content

    def answer(self, template: str, status: int = 200, **context: object) -> HTMLResponse:
        """A page, filled in; whatever is filled in is escaped."""
        html = self._environment.get_template(template).render(**context)
        return HTMLResponse(html, status, headers=PRIVATE)

    def done_text(self, request: Request) -> str:
        """What the last deed did (a key of `done` in the words), when a page was reached by one."""
        return str(self.words["done"].get(request.query_params.get("done", ""), ""))

    @cached_property
    def _environment(self) -> Environment:
        environment = Environment(
            loader=FileSystemLoader([self._folder / "templates", SHARED]),
            autoescape=select_autoescape(),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals["pieces"] = pieces  # cited.html, wherever it is used
        return environment


def to(address: str, done: str | None = None) -> RedirectResponse:
    """After a deed, to a page that says that it is `done` (see Pages.done_text)."""
    return RedirectResponse(
        f"{address}?done={done}" if done else address, status_code=303, headers=PRIVATE
    )
