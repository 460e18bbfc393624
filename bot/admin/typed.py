"""A form below /admin as a browser sent it, before anybody was let in: to be sent once more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import Request

from bot.accounts.door import COOKIE, CSRF_FIELD, FORM
from bot.admin import closures
from bot.admin.listing import WORDS
from bot.admin.site import HOME
from bot.api.state import AppState
from bot.web.forms import MOST_FIELDS
from knowledge.editing.fields import fields
from knowledge.editing.kinds import Kind

USERNAME, PASSWORD = "username", "password"  # of the login that stands beside what was typed
_OWN_SITE = ("same-origin", "none")
_CITY = ("city", "point")  # a closure's choices: chosen again in a moment


@dataclass(frozen=True)
class Sent:
    """What a form held, in its order; a login and a token are no part of what was typed."""

    fields: tuple[tuple[str, str], ...]
    csrf: str
    username: str
    # None: no login was tried
    password: str | None


def is_form(request: Request) -> bool:
    """Whether a form of a page of ours was sent below /admin.

    Another site must not get its words into a form that a clerk then saves.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return (
        request.method == "POST"
        and request.url.path.startswith(f"{HOME}/")
        and kind == FORM
        and _of_our_own(request)
    )


def _of_our_own(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in _OWN_SITE
    # without TLS no browser says it; but from another site none sends even a cookie that is over
    return COOKIE in request.cookies


async def sent_by(request: Request) -> Sent:
    """The form; nothing of one with more fields than any page has."""
    text = (await request.body()).decode("utf-8", "replace")
    try:
        given = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        given = []
    apart = dict(given)
    return Sent(
        tuple((name, value) for name, value in given if name not in _APART),
        apart.get(CSRF_FIELD, ""),
        apart.get(USERNAME, ""),
        apart.get(PASSWORD),
    )


_APART = frozenset({CSRF_FIELD, USERNAME, PASSWORD})


async def typed_in(request: Request) -> list[tuple[str, str]]:
    """What somebody wrote into the form, by the names that its page has for it."""
    if not is_form(request):
        return []
    titles = _titles(request)
    sent = (await sent_by(request)).fields
    return [(titles[name], value) for name, value in sent if name in titles and value.strip()]


def parts_of(request: Request) -> list[str]:
    """The address behind /admin, in its parts."""
    return request.url.path.removeprefix(HOME).strip("/").split("/")


def _titles(request: Request) -> Mapping[str, str]:
    (here, *rest), state = parts_of(request), request.app.state.parts
    assert isinstance(state, AppState)
    if here == "closures":
        asked = closures.WORDS.words["fields"]
        return {name: one["name"] for name, one in asked.items() if name not in _CITY}
    if here not in set(Kind):
        return {}
    if len(rest) > 1:  # of what is done to a thing, not its own fields
        return {"note": WORDS.words["archive_note"], "q": WORDS.words["try_ask"]}
    return {field.name: field.title for field in fields(Kind(here), state.frame)}
