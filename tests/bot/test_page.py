"""The residents' page: every city, every word from page.yml, nothing inline."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from bot.api.state import AppState
from bot.web import page

pytestmark = pytest.mark.asyncio(loop_scope="session")

STATIC = sorted((page.HERE / "static").glob("*.js"))
TEMPLATES = sorted((page.HERE / "templates").glob("*.html"))
WORDS: dict[str, Any] = yaml.safe_load(
    (page.HERE / "content" / "page.yml").read_text(encoding="utf-8")
)
HAN = re.compile(r"[\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")
MAIN = [
    "legal_aid",
    "peoples_mediation",
    "legal_education",
    "lawyer_services",
    "notarization",
    "administrative_reconsideration",
]


class Page(HTMLParser):
    """Tags with their attributes, and the text inside script elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._in_script = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.scripts.append(data)

    def by_id(self, id_: str) -> dict[str, str | None]:
        return next(attrs for _, attrs in self.tags if attrs.get("id") == id_)


def without_comments(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".html":
        return re.sub(r"\{#.*?#\}|<!--.*?-->", "", text, flags=re.S)
    return re.sub(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", "", text, flags=re.S)


async def read(client: httpx.AsyncClient, query: str = "") -> tuple[Page, str]:
    response = await client.get("/" + query)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Page(response.text), response.text


@pytest.mark.parametrize("city", ["zhongshan", "qingyuan", "lianyungang"])
async def test_each_city_has_its_page(
    client: httpx.AsyncClient, parts: AppState, city: str
) -> None:
    html, text = await read(client, f"?city={city}")
    client_data = json.loads(html.scripts[0])
    assert client_data["city"] == city
    assert client_data["words"] == WORDS["script"]
    chosen = [attrs["value"] for tag, attrs in html.tags if tag == "option" and "selected" in attrs]
    assert chosen == [city]
    for known in parts.catalogue.atlas.cities.values():
        assert known.name in text
    assert "tel:12348" in text


@pytest.mark.parametrize("query", ["", "?city=", "?city=珠海", "?city=%00", "?city=" + "x" * 2000])
async def test_an_unknown_city_falls_back(client: httpx.AsyncClient, query: str) -> None:
    html, _ = await read(client, query)
    assert json.loads(html.scripts[0])["city"] == "zhongshan"


@pytest.mark.parametrize("city", ["清远", "清远市"])
async def test_a_city_by_its_name(client: httpx.AsyncClient, city: str) -> None:
    html, _ = await read(client, f"?city={city}")
    assert json.loads(html.scripts[0])["city"] == "qingyuan"


async def test_nothing_of_the_address_is_put_into_the_page(client: httpx.AsyncClient) -> None:
    _, text = await read(client, "?city=</script><script>alert(1)</script>")
    assert "alert(1)" not in text


async def test_nothing_is_inline_and_nothing_comes_from_elsewhere(
    client: httpx.AsyncClient,
) -> None:
    for path in ("/", "/leave"):
        html = Page((await client.get(path)).text)
        for tag, attrs in html.tags:
            assert tag != "style"
            assert not [name for name in attrs if name.startswith("on") or name == "style"]
            for name in ("src", "href", "action"):
                target = attrs.get(name)
                if target:
                    assert re.match(r"/(?!/)|tel:|#", target), (tag, target)
            if tag == "script":
                assert attrs.get("src") or attrs.get("type") == "application/json"


async def test_every_file_the_page_names_is_served(client: httpx.AsyncClient) -> None:
    html, _ = await read(client)
    named = {
        target
        for _, attrs in html.tags
        for target in (attrs.get("src"), attrs.get("href"))
        if target and target.startswith("/static/")
    }
    imported = {
        "/static/" + name
        for file in STATIC
        for name in re.findall(r'from "\./([\w.]+)"', file.read_text(encoding="utf-8"))
    }
    assert named >= {"/static/chat.js", "/static/chat.css"}
    for path in named | imported:
        response = await client.get(path)
        assert response.status_code == 200, path
        assert response.headers["cache-control"] == "no-cache"


async def test_the_menu_starts_with_the_six_boards(
    client: httpx.AsyncClient, parts: AppState
) -> None:
    menu = page._menu(parts)
    assert menu[0]["title"] == "六大服务"
    assert [item["id"] for item in menu[0]["items"]] == MAIN
    html, text = await read(client)
    picks = [attrs["data-service"] for _, attrs in html.tags if "data-service" in attrs]
    assert picks[:6] == MAIN
    # each service of a group of the menu is there once, and a tap on it is a choice of the API
    assert len(picks) == len(set(picks))
    assert set(picks) <= set(parts.catalogue.services)
    assert all(group["items"] for group in menu)
    assert text.index("六大服务") < text.index(str(WORDS["menu_more"]))


async def test_the_page_is_kept_by_nobody(client: httpx.AsyncClient) -> None:
    for path in ("/", "/leave"):
        response = await client.get(path)
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["permissions-policy"] == "geolocation=(self)"


async def test_leaving_ends_the_session_and_tells_nothing(client: httpx.AsyncClient) -> None:
    response = await client.get("/leave")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith('wenfa_session="";')
    assert "Max-Age=0" in cookie
    assert "Path=/" in cookie
    for telling in ("问法", "法律", "12348", "wenfa"):
        assert telling not in response.text


@pytest.mark.parametrize("file", [*STATIC, *TEMPLATES], ids=lambda file: file.name)
async def test_no_word_is_written_in_scripts_or_templates(file: Path) -> None:
    assert not HAN.findall(without_comments(file))


async def test_every_word_of_the_templates_exists_and_is_used() -> None:
    text = "".join(map(without_comments, TEMPLATES))
    used = set(re.findall(r"\bwords\.(\w+)", text))
    assert used == set(WORDS) - {"script"}


def leaves(content: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(content, dict) or not content:
        return {path: content}
    found: dict[str, Any] = {}
    for key, value in content.items():
        found |= leaves(value, f"{path}.{key}" if path else str(key))
    return found


# looked up by a value that the server or the browser gives: W.errors[kind], W.states[state], …
BY_VALUE = ("errors.", "states.", "place.levels.", "place.kinds")


async def test_every_word_of_the_scripts_exists_and_is_used() -> None:
    text = "\n".join(map(without_comments, STATIC))
    short = dict(re.findall(r"const (\w) = W\.(\w+);", text))
    used = set(re.findall(r"\bW\.((?:\w+\.)*\w+)", text))
    for letter, group in short.items():
        used |= {f"{group}.{name}" for name in re.findall(rf"\b{letter}\.(\w+)", text)}
    known = leaves(WORDS["script"])
    groups = {path.rsplit(".", 1)[0] for path in known if "." in path}
    # methods on words are no words of their own
    used = {re.sub(r"\.(includes|length|forEach)$", "", path) for path in used}
    assert not {path for path in used if path not in known and path not in groups}
    unused = {path for path in known if path not in used and not path.startswith(BY_VALUE)}
    assert not unused


async def test_what_scripts_fill_in_is_what_the_words_ask_for() -> None:
    names = {"n", "city", "name", "number", "facts", "source", "date", "desk", "party"}
    names |= {"kind", "where", "otherwise", "fee", "takes", "role", "organisation"}
    for path, value in leaves(WORDS).items():
        for name in re.findall(r"\{(\w+)\}", str(value)) if isinstance(value, str) else ():
            assert name in names, path
