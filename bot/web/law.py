"""GET /law, /law/{law}, /law/{law}/{article}: the law's text, today's or that of another day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pypinyin import lazy_pinyin
from starlette.concurrency import run_in_threadpool

from bot.web.page import HERE
from bot.web.pages import Pages
from bot.web.reading import day_in_words, read_page
from knowledge.china import today
from knowledge.law.library import SHOWN_AT_MOST, Article, LawLibrary, Version, laws
from knowledge.law.links import articles_named, law_url
from knowledge.law.numerals import article_number

PAGES = Pages(HERE, "law")
LONGEST_QUERY = 60
LONGEST_NAME = 30  # old decisions with whole sentences for a name come last
router = APIRouter(prefix="/law", include_in_schema=False)


@router.get("", response_class=HTMLResponse)
async def law_search(
    q: Annotated[str, Query(max_length=LONGEST_QUERY)] = "",
) -> Response:
    """Search by name and number, or by words; without a query the laws there are."""
    return await run_in_threadpool(_search, q.strip())


@router.get("/{law}", response_class=HTMLResponse)
async def law_contents(
    law: str, on: Annotated[str | None, Query(max_length=20)] = None
) -> Response:
    """The chapters and articles of a law."""
    return await run_in_threadpool(_contents, law, on)


@router.get("/{law}/{article}", response_class=HTMLResponse)
async def law_article(
    law: str, article: str, on: Annotated[str | None, Query(max_length=20)] = None
) -> Response:
    """One article: its text on a day (`on`, else today), its neighbours, its other versions."""
    return await run_in_threadpool(_article, law, article, on)


def _search(query: str) -> Response:
    library, text = laws(), PAGES.words
    named = articles_named(query)
    if named:
        return RedirectResponse(law_url(named[0].law, named[0].number), 303)
    law = library.law(query)
    if law:
        return RedirectResponse(law_url(law), 303)
    if query in library.replaced:
        return _replaced(library, query)
    found = library.search(query.split(), today())
    return read_page(
        PAGES,
        "law_search.html",
        query=query,
        results=[
            {
                "url": law_url(hit.version.law, hit.article.number),
                "title": hit.version.law + hit.article.number,
                "text": hit.article.text,
            }
            for hit in found
        ],
        cut=len(found) == SHOWN_AT_MOST,
        often=[(name, law_url(name)) for name in text["often_laws"]],
        everything=[] if query else [(name, law_url(name)) for name in _by_sound()],
    )


@cache
def _by_sound() -> list[str]:
    """Every law in the order of a dictionary."""
    return sorted(laws().names, key=lambda name: (len(name) > LONGEST_NAME, lazy_pinyin(name)))


def _contents(law: str, on: str | None) -> Response:
    library = laws()
    found = _version(library, law, on)
    if not isinstance(found, _Chosen):
        return found
    chapters: dict[str, list[tuple[str, str]]] = {}
    for article in library.articles(found.version):
        url = law_url(found.version.law, article.number) + _on(on)
        chapters.setdefault(article.chapter, []).append((article.number, url))
    return read_page(
        PAGES, "law_contents.html", version=found.version, found=found, chapters=chapters, on=on
    )


def _article(law: str, written: str, on: str | None) -> Response:
    library, text = laws(), PAGES.words
    found = _version(library, law, on)
    if not isinstance(found, _Chosen):
        return found
    version = found.version
    number = article_number(written)
    articles = library.articles(version)
    at = next((i for i, one in enumerate(articles) if one.number == number), None)
    if number is None or at is None:
        missing = text["not_found"]
        return _refused(
            missing["article"].format(law=version.law, number=number or written),
            missing["article_text"],
            (text["contents"], law_url(version.law) + _on(on)),
        )
    if number != written or version.law != law:
        return RedirectResponse(law_url(version.law, number) + _on(on), 303)
    return read_page(
        PAGES,
        "law_article.html",
        version=version,
        found=found,
        article=articles[at],
        paragraphs=articles[at].text.split("\n"),
        previous=_neighbour(version, articles, at - 1, on, text["previous"]),
        next=_neighbour(version, articles, at + 1, on, text["next"]),
        contents=law_url(version.law) + _on(on),
        versions=_versions(library, version, number),
    )


@dataclass(frozen=True)
class _Chosen:
    """The version that is shown, and what is to be said about its time."""

    version: Version
    said: str
    warnings: list[str]


def _version(library: LawLibrary, name: str, on: str | None) -> _Chosen | HTMLResponse:
    text = PAGES.words
    missing = text["not_found"]
    law = library.law(name)
    if law is None:
        if name in library.replaced:
            return _replaced(library, name)
        return _refused(missing["law"].format(name=name[:LONGEST_QUERY]), missing["law_text"])
    try:
        day = date.fromisoformat(on) if on else today()
    except ValueError:
        return _refused(missing["day"], missing["day_text"], (law, law_url(law)))
    versions = library.versions(law)
    held = next((version for version in versions if version.holds_from <= day), None)
    version = held or versions[-1]
    warnings = [version.note] if version.note else []
    if held is None:
        warnings.append(text["missing_day"].format(day=day_in_words(day)))
    if not version.in_force:
        warnings.append(text["repealed_law"])
    later = [other for other in versions if other.holds_from > version.holds_from]
    if later and held is not None:
        warnings.append(text["newer"].format(day=day_in_words(later[-1].holds_from)))
    return _Chosen(version, _said(version), warnings)


def _said(version: Version) -> str:
    text = PAGES.words
    if version.since is None:
        return str(text["adopted_only"].format(day=day_in_words(version.adopted)))
    return "{}，{}".format(
        text["adopted"].format(day=day_in_words(version.adopted)),
        text["since"].format(day=day_in_words(version.since)),
    )


def _versions(library: LawLibrary, shown: Version, number: str) -> dict[str, Any]:
    """Every text of the law that the package has, newest first, and what came before."""
    text, now = PAGES.words, today()
    rows = []
    newer: Version | None = None
    for version in library.versions(shown.law):
        if not version.in_force:
            state = text["repealed"]
        elif version.holds_from > now:
            state = text["future"].format(day=day_in_words(version.holds_from))
        elif newer and newer.holds_from <= now:
            state = text["ended"].format(day=day_in_words(newer.holds_from))
        else:
            state = text["in_force"]
        has = library.article(version, number)
        url = f"{law_url(version.law, number)}?on={version.holds_from.isoformat()}" if has else None
        rows.append({"said": _said(version), "state": state, "url": url, "shown": version is shown})
        newer = version
    oldest = library.versions(shown.law)[-1]
    return {"rows": rows, "older": text["no_older"].format(day=day_in_words(oldest.holds_from))}


def _neighbour(
    version: Version, articles: list[Article], at: int, on: str | None, label: str
) -> tuple[str, str] | None:
    if not 0 <= at < len(articles):
        return None
    number = articles[at].number
    return label.format(number=number), law_url(version.law, number) + _on(on)


def _replaced(library: LawLibrary, name: str) -> HTMLResponse:
    text, law = PAGES.words["not_found"], library.replaced[name]
    said = text["replaced"].format(name=name, law=law)
    return _refused(text["law"].format(name=name), said, (law, law_url(law)))


def _refused(title: str, said: str, link: tuple[str, str] | None = None) -> HTMLResponse:
    return read_page(PAGES, "law_refused.html", 404, title=title, said=said, link=link)


def _on(on: str | None) -> str:
    return f"?on={on}" if on else ""
