"""The tables of a report, for the page and for the files: pure, over rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.clock import china_day
from bot.follow_ups.satisfaction import SCORES, Rate, rate_of
from bot.reports.figures import Share
from bot.reports.period import Period
from bot.reports.rows import RatedRow, TicketRow
from bot.reports.suppression import LEAST, hidden_cells, too_few
from bot.reports.words import percent, report_words
from bot.tickets.summary import matter_name, service_name
from bot.words import words
from knowledge.atlas import Atlas

# by one thing each, in the order of the page
BY = ("day", "service", "matter", "town", "outcome", "channel")
RATED = ("rated_service", "rated_operator", "rated_town", "rated_month")
Value = str | int | float


@dataclass(frozen=True)
class Sheet:
    """One table with what it counts; `note` says what is not written and why."""

    id: str
    title: str
    definition: str
    n: int
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """One share with its meaning."""

    id: str
    name: str
    definition: str
    part: int
    n: int

    @property
    def text(self) -> str:
        """97.5%, or a dash."""
        return percent(self.part / self.n if self.n else None)


def figures(shares: Mapping[str, Share], satisfied: Mapping[str, Rate]) -> list[Figure]:
    """Every share, named: `shares` by key of `figures` in the content, `satisfied` by platform."""
    text = report_words()
    found = [
        Figure(key, text["figures"][key]["name"], text["figures"][key]["definition"],
               share.part, share.n)
        for key, share in shares.items()
    ]  # fmt: skip
    one = text["figures"]["satisfied"]
    return found + [
        Figure(
            f"satisfied_{platform}",
            one["name"].format(platform=text["platforms"][platform]),
            one["definition"],
            rate.satisfied,
            rate.n,
        )
        for platform, rate in satisfied.items()
    ]


def figures_sheet(found: Sequence[Figure]) -> Sheet:
    """The shares as a table of a file."""
    text = report_words()["figures"]
    return Sheet(
        "figures",
        text["title"],
        text["definition"],
        sum(figure.n for figure in found),
        tuple(text["columns"].values()),
        tuple((one.name, one.text, one.part, one.n, one.definition) for one in found),
    )


def counted(by: str, rows: Sequence[TicketRow], atlas: Atlas, period: Period) -> Sheet:
    """Tickets by one thing, the most first; by day, every day of the period in order."""
    text = report_words()
    name_of = _namers(atlas)[by]
    counts = Counter(name_of(row) for row in rows)
    closed = Counter(name_of(row) for row in rows if row.closed_at is not None)
    if by == "day":
        names = [str(day) for day in period.days()]
    else:
        names = [name for name, _ in sorted(counts.items(), key=lambda one: (-one[1], one[0]))]
    of = len(rows)
    return Sheet(
        by,
        text["sheets"][by]["title"],
        text["sheets"][by]["definition"],
        of,
        (text["sheets"][by]["key"], *text["columns"].values()),
        tuple(
            (name, counts[name], percent(counts[name] / of if of else None), closed[name])
            for name in names
        ),
    )


def town_and_matter(rows: Sequence[TicketRow], atlas: Atlas) -> Sheet:
    """Tickets by town and matter, for a file: small counts are not in it."""
    text = report_words()
    town, matter = _namers(atlas)["town"], _namers(atlas)["matter"]
    counts = Counter((town(row), matter(row)) for row in rows)
    hidden = hidden_cells(counts)
    few = text["few"].format(least=LEAST)

    def shown(cell: tuple[str, str]) -> Value:
        if cell not in hidden:
            return counts[cell]
        return str(few) if counts[cell] < LEAST else str(text["hidden"])

    about = text["sheets"]["town_matter"]
    return Sheet(
        "town_matter",
        about["title"],
        about["definition"],
        len(rows),
        (about["key"], about["second"], text["columns"]["count"]),
        tuple((*cell, shown(cell)) for cell in sorted(counts)),
    )


def for_a_file(sheet: Sheet) -> Sheet:
    """A table that leaves the house: what is counted of few people without its number."""
    if sheet.id != "town" and sheet.id not in RATED:
        return sheet
    text = report_words()
    few = text["few"].format(least=LEAST)
    hidden = too_few({str(row[0]): int(row[1]) for row in sheet.rows})

    def guarded(row: tuple[Value, ...]) -> tuple[Value, ...]:
        if row[0] not in hidden:
            return row
        said = few if int(row[1]) < LEAST else text["hidden"]
        return (row[0], str(said), *[""] * (len(row) - 2))

    rows = tuple(guarded(row) for row in sheet.rows)
    # the order of size would say as much as a number does
    ordered = tuple(sorted(rows, key=lambda row: str(row[0])))
    return replace(sheet, rows=ordered, note=text["suppressed"] if hidden else "")


def rated(by: str, rows: Sequence[RatedRow], atlas: Atlas) -> Sheet:
    """Ratings by one thing: how many of each score, and 满意率; `by` is one of RATED."""
    text = report_words()["ratings"]
    unknown = str(report_words()["unknown"])
    name_of: Mapping[str, Callable[[RatedRow], str]] = {
        "rated_service": lambda row: service_name(row.service) or unknown,
        "rated_operator": lambda row: row.operator or str(text["nobody"]),
        "rated_town": lambda row: town_name(atlas, row.region_id),
        "rated_month": lambda row: f"{china_day(row.rated_at):%Y-%m}",
    }
    scores: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        scores[name_of[by](row)][row.score] += 1
    return Sheet(
        by,
        text[by]["title"],
        text[by]["definition"],
        len(rows),
        (text[by]["key"], *text["columns"].values()),
        tuple(
            (
                name,
                (rate := rate_of(counts)).n,
                *(counts[score] for score in SCORES),
                percent(rate.share),
            )
            for name, counts in sorted(scores.items())
        ),
    )


def town_name(atlas: Atlas, region_id: str | None) -> str:
    """The town that a village is in; of a county or city alone, that no town was said."""
    text = report_words()
    region = atlas.regions.get(region_id) if region_id else None
    if region is None:
        return str(text["unknown"])
    town = next((one for one in atlas.chain(region) if one.level == "town"), None)
    if town is not None:
        return atlas.full_name(town)
    return str(text["only_county"]).format(place=atlas.full_name(region))


def county_name(atlas: Atlas, region_id: str | None) -> str:
    """The county, of a city without counties the city."""
    region = atlas.regions.get(region_id) if region_id else None
    if region is None:
        return str(report_words()["unknown"])
    steps = {one.level: one for one in atlas.chain(region)}
    return (steps.get("county") or steps["city"]).name


def outcome_name(outcome: str | None, closed: bool) -> str:
    """已答复 … of a closed ticket; 还没办结."""
    text = report_words()
    if not closed:
        return str(text["not_closed"])
    return str(words("tickets")["outcomes"].get(outcome or "", text["unknown"]))


def _namers(atlas: Atlas) -> dict[str, Callable[[TicketRow], str]]:
    unknown = str(report_words()["unknown"])
    channels: dict[str, Any] = words("tickets")["channels"]
    return {
        "day": lambda row: str(china_day(row.opened_at)),
        "service": lambda row: service_name(row.service) or unknown,
        "matter": lambda row: matter_name(row.matter) or unknown,
        "town": lambda row: town_name(atlas, row.region_id),
        "outcome": lambda row: outcome_name(row.outcome, row.closed_at is not None),
        "channel": lambda row: str(channels.get(row.channel, row.channel)),
    }


def every_sheet(
    rows: Sequence[TicketRow], ratings: Sequence[RatedRow], atlas: Atlas, period: Period
) -> Iterable[Sheet]:
    """All that a workbook holds after its figures."""
    for by in BY:
        yield for_a_file(counted(by, rows, atlas, period))
    yield town_and_matter(rows, atlas)
    for by in RATED:
        yield for_a_file(rated(by, ratings, atlas))
