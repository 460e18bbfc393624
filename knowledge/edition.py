"""Loading the shipped edition: files under data/ become rows, by stable id, and never twice.

`read()` turns the files into rows without touching a database; `load()` upserts them. A row that
staff edited is left alone. Raises ContentError, in Chinese, naming the file and the row.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from knowledge import tables
from knowledge.content_files import DATA, ContentError, Naming, Row, read_yaml
from knowledge.editing.kinds import Kind
from knowledge.editing.versions import alone, from_edition
from knowledge.faq.files import read_faq
from knowledge.freshness import CONTENT, count_change
from knowledge.hours import read_weekly
from knowledge.referral_files import read_referrals

DIVISIONS = "国家统计局统计用区划代码（2023-06-30，取自 china-division 2.7.0）"
COORDINATES = "；坐标取自 GeoNames（CC BY 4.0），约略"
DIVISIONS_DATE = "2023-06-30"

# in the order that foreign keys ask for
ORDER: tuple[type[Any], ...] = (
    tables.City,
    tables.Region,
    tables.RegionAlias,
    tables.Service,
    tables.CityService,
    tables.ServicePoint,
    tables.OnlineChannel,
    tables.Situation,
    tables.TimeLimit,
    tables.ReferralRule,
    tables.MediationDoor,
    tables.PartnerDesk,
    tables.FaqItem,
    tables.AidStandard,
    tables.LocalFact,
)


# a rule that the edition no longer has must not go on advising
RETIRED: tuple[type[Any], ...] = (
    tables.Situation,
    tables.TimeLimit,
    tables.ReferralRule,
    tables.MediationDoor,
    tables.PartnerDesk,
    tables.FaqItem,
)


# what staff edit with drafts and versions
KEPT: dict[type[Any], Kind] = {tables.FaqItem: Kind.faq, tables.ServicePoint: Kind.place}


@dataclass(frozen=True)
class Loaded:
    """What one load did: rows added, changed, retired, and kept because staff had edited them."""

    added: int
    changed: int
    kept: int
    retired: int = 0


def load(engine: Engine, data: Path = DATA) -> Loaded:
    """Upsert the edition under `data`; loading the same edition again changes nothing."""
    edition = read(data)
    added = changed = kept = retired = 0
    with Session(engine.execution_options(immediate=True)) as session, session.begin():
        alone(session)  # nobody publishes between our look at a row and its change
        for table in ORDER:
            have = {
                id_: (digest, edited)
                for id_, digest, edited in session.execute(
                    select(table.id, table.shipped_digest, table.edited_at)
                )
            }
            for row in edition[table]:
                row = row | {"shipped_digest": _digest(row)}
                old = have.get(row["id"])
                if old is None:
                    session.add(table(**row))
                    added += 1
                elif old[0] == row["shipped_digest"]:
                    continue
                elif old[1] is not None:
                    _beside(session, table, row)
                    kept += 1
                else:
                    _replace(session, table, row)
                    changed += 1
            gone = have.keys() - {row["id"] for row in edition[table]}
            for id_ in sorted(gone) if table in RETIRED else ():
                if have[id_][1] is None:
                    session.delete(session.get_one(table, id_))
                    retired += 1
            session.flush()
        if added or changed or retired:
            count_change(session, CONTENT)
    return Loaded(added, changed, kept, retired)


def _replace(session: Session, table: type[Any], row: Row) -> None:
    """A row that nobody has edited becomes that of the new edition."""
    own = session.get_one(table, row["id"])
    for name, value in row.items():
        setattr(own, name, value)
    if table in KEPT:
        own.version += 1  # whoever is editing it hears of it


def _beside(session: Session, table: type[Any], row: Row) -> None:
    """Staff's own row stays; the new edition's arrives as a draft, once.

    It waits while somebody else's draft lies there, and comes at the next load.
    """
    if table in KEPT and from_edition(session, KEPT[table], row):
        session.get_one(table, row["id"]).shipped_digest = row["shipped_digest"]


def read(data: Path = DATA) -> dict[type[Any], list[Row]]:
    """The rows of every table, in the order of the files. Raises ContentError."""
    rows: dict[type[Any], list[Row]] = {table: [] for table in ORDER}
    with Naming(data / "services.yml", "整个文件"):
        _read_services(data, rows)
    for file in sorted((data / "cities").glob("*.yml")):
        with Naming(file, "整个文件"):
            _read_city(file, rows, data)
    read_referrals(data, rows)
    rows[tables.FaqItem] = list(read_faq(data))
    rows[tables.AidStandard] = list(_aid_standards(data / "eligibility" / "standards.yml"))
    rows[tables.LocalFact] = list(_local_facts(data / "facts" / "local_facts.jsonl"))
    _check(rows)
    return rows


def city_ids(data: Path = DATA) -> frozenset[str]:
    """The ids of the cities that have a file."""
    return frozenset(file.stem for file in (data / "cities").glob("*.yml"))


def city_codes(data: Path = DATA) -> frozenset[str]:
    """The six-digit codes of the cities that have a file, for reading their boundaries."""
    return frozenset(read_yaml(file)["region"] for file in sorted((data / "cities").glob("*.yml")))


def _read_services(data: Path, rows: dict[type[Any], list[Row]]) -> None:
    file = data / "services.yml"
    content = read_yaml(file)
    for position, (id_, item) in enumerate(content["services"].items()):
        with Naming(file, id_):
            citations = item["citations"]
            rows[tables.Service].append(
                {
                    "id": id_,
                    "name": item["name"],
                    "menu_group": item["group"],
                    "position": position,
                    "why": item["why"],
                    "citations": citations,
                    "limits": item.get("limits", []),
                    "not_when_urgent": item.get("not_when_urgent", []),
                    "source": "、".join(f"{c['law']}{c['article']}" for c in citations)
                    or "服务分类见各市规划",
                    "as_of": "2026-11-22",
                    "verified": bool(citations),
                }
            )


def _read_city(file: Path, rows: dict[type[Any], list[Row]], data: Path) -> None:
    content = read_yaml(file)
    with Naming(file, str(content.get("id"))):
        city, plan = content["id"], content["plan"]
        source = f"{plan['title']}"
        keep = (
            "plan", "platforms", "hotline", "rating_label", "special_groups", "ordinary_words",
            "only_with_ending", "ordinary_villages",
        )  # fmt: skip
        rows[tables.City].append(
            {
                "id": city,
                "name": content["name"],
                "short": content["short"],
                "province": content["province"],
                "region_id": content["region"],
                "position": content["position"],
                "card": {key: content[key] for key in keep},
                "source": source,
                "as_of": str(plan["valid_from"]),
                "verified": plan["status"] == "approved",
            }
        )
        for service, place in content["services"].items():
            rows[tables.CityService].append(
                {
                    "id": f"{city}.{service}",
                    "city_id": city,
                    "service_id": service,
                    "plan_id": plan["id"],
                    "plan_title": plan["title"],
                    "plan_status": plan["status"],
                    "valid_from": plan["valid_from"],
                    "valid_to": plan["valid_to"],
                    "place": place,
                    "source": source,
                    "as_of": str(plan["valid_from"]),
                    "verified": plan["status"] == "approved",
                }
            )
    regions = list(_regions(data / "regions" / f"{city}.csv", city))
    rows[tables.Region] += regions
    for alias in content["aliases"]:
        with Naming(file, f"aliases {alias}"):
            rows[tables.RegionAlias].append(
                {
                    "id": f"{city}.{alias['text']}",
                    "region_id": alias["code"],
                    "text": alias["text"],
                    "kind": alias["kind"],
                    "source": f"{file.name} aliases",
                    "as_of": "2026-11-22",
                    "verified": False,
                }
            )
    own = {point["platform"]: point for point in content["points"] if point.get("platform")}
    platforms = list(_platform_points(content, regions, own))
    if lost := own.keys() - {point["region_id"] for point in platforms}:
        raise ContentError(f"{file.name}（points）：platform {'、'.join(lost)} 没有服务点")
    rows[tables.ServicePoint] += platforms
    for point in content["points"]:
        if not point.get("platform"):
            with Naming(file, str(point.get("id"))):
                rows[tables.ServicePoint].append(_named_point(city, point, regions))
    for channel in content["online"]:
        with Naming(file, str(channel.get("id"))):
            rows[tables.OnlineChannel].append(
                {
                    "id": channel["id"],
                    "city_id": city,
                    "name": channel["name"],
                    "what": channel["what"],
                    "url": channel.get("url"),
                    "services": channel.get("services", []),
                    "source": channel["source"],
                    "as_of": str(channel["as_of"]),
                    "verified": channel["verified"],
                }
            )


def _regions(file: Path, city: str) -> Iterator[Row]:
    with Naming(file, "整个文件"), file.open(encoding="utf-8", newline="") as handle:
        for number, line in enumerate(csv.DictReader(handle), 2):
            with Naming(file, f"第 {number} 行"):
                if None in line.values():
                    raise ValueError("列数不够")
                located = bool(line["lat"])
                yield {
                    "id": line["code"],
                    "parent_id": line["parent"] or None,
                    "city_id": city,
                    "level": line["level"],
                    "kind": line["kind"],
                    "name": line["name"],
                    "short": line["short"],
                    "lat": float(line["lat"]) if located else None,
                    "lng": float(line["lng"]) if located else None,
                    "source": DIVISIONS + (COORDINATES if located else ""),
                    "as_of": DIVISIONS_DATE,
                    "verified": True,
                }


def _platform_points(content: Row, regions: list[Row], own: dict[str, Row]) -> Iterator[Row]:
    """A point for each region where the city's plan says that one stands, and nowhere else.

    A village has one only where its town has: the villages of farms, salt works and zones wait
    until staff confirm them.
    """
    plan = content["plan"]
    wanted = {platform["level"]: platform for platform in content["platforms"]}
    with_point: set[str] = set()
    for region in regions:
        platform = wanted.get(region["level"])
        if platform is None or region["kind"] not in platform["region_kinds"]:
            continue
        if region["level"] == "village" and region["parent_id"] not in with_point:
            continue
        with_point.add(region["id"])
        contact = own.get(region["id"], {})
        village = region["level"] == "village"
        yield {
            "id": f"point.{region['id']}",
            "city_id": content["id"],
            "region_id": region["id"],
            "level": region["level"],
            "kind": platform["kind"],
            "name": contact.get("name") or point_name(region, platform["kind"]),
            "services": content["village_services" if village else "platform_services"],
            "address": contact.get("address"),
            "phone": contact.get("phone"),
            "hours": contact.get("hours"),
            "opening": _opening(contact),
            "accessibility": None,
            "audience": None,
            "lat": region["lat"],
            "lng": region["lng"],
            "approximate": True,
            "source": contact.get("source") or f"《{plan['title']}》{platform['place']}",
            "as_of": str(contact.get("as_of") or platform["as_of"]),
            "verified": bool(contact.get("verified", False)),
        }


def point_name(region: Row, kind: str) -> str:
    """The official word for a platform of that level, after the name of its place."""
    name = str(region["name"])
    if region["level"] == "village":
        for ending in ("居民委员会", "村民委员会", "居委会", "村委会"):
            name = name.removesuffix(ending)
        if region["kind"] == "村" and not name.endswith("村"):
            name += "村"
        if region["kind"] == "社区" and not name.endswith(("社区", "村")):
            name += "社区"
    return name + kind


def _opening(point: Row) -> Row | None:
    """The hours as data, as they stand in the file, once they are seen to make sense."""
    opening: Row | None = point.get("opening")
    if opening:
        read_weekly(opening)
    return opening


def _named_point(city: str, point: Row, regions: list[Row]) -> Row:
    region = next((region for region in regions if region["id"] == point["region"]), None)
    if region is None:
        raise ContentError(f"{city}.yml：{point['id']} 的 region {point['region']} 不存在")
    return {
        "id": point["id"],
        "city_id": city,
        "region_id": point["region"],
        "level": region["level"],
        "kind": point["kind"],
        "name": point["name"],
        "services": point["services"],
        "address": point.get("address"),
        "phone": point.get("phone"),
        "hours": point.get("hours"),
        "opening": _opening(point),
        "accessibility": None,
        "audience": point.get("audience"),
        # the region's centre says nothing about where a single office stands
        "lat": None,
        "lng": None,
        "approximate": True,
        "source": point["source"],
        "as_of": str(point["as_of"]),
        "verified": point["verified"],
    }


def _aid_standards(file: Path) -> Iterator[Row]:
    for standard in read_yaml(file)["standards"]:
        with Naming(file, str(standard.get("id"))):
            yield {
                "id": standard["id"],
                "city_id": standard["city"],
                "applies_from": standard["from"],
                "line": float(standard["line"]),
                "at_line": standard["at_line"],
                "full_income": None if standard["full"] is None else float(standard["full"]),
                "source": standard["source"],
                "as_of": standard["as_of"],
                "verified": standard["verified"],
            }


def _local_facts(file: Path) -> Iterator[Row]:
    with Naming(file, "整个文件"), file.open(encoding="utf-8") as handle:
        for number, line in enumerate(handle, 1):
            with Naming(file, f"第 {number} 行"):
                fact = json.loads(line)
                yield {
                    "id": f"fact.{number:03d}",
                    "scope": fact["city"],
                    "topic": fact["topic"],
                    "fact": fact["fact"],
                    "confidence": fact["confidence"],
                    "note": fact["note"],
                    "source": fact["source"],
                    "as_of": fact["date"],
                    "verified": fact["verified"],
                }


def _check(rows: dict[type[Any], list[Row]]) -> None:
    """Ids are unique, and what a row points to exists."""
    ids: dict[type[Any], set[str]] = {}
    for table in ORDER:
        ids[table] = set()
        for row in rows[table]:
            if row["id"] in ids[table]:
                raise ContentError(f"{_file(table, row)}（{row['id']}）：编号重复")
            ids[table].add(row["id"])
    pointers: tuple[tuple[type[Any], str, type[Any]], ...] = (
        (tables.Region, "parent_id", tables.Region),
        (tables.RegionAlias, "region_id", tables.Region),
        (tables.CityService, "service_id", tables.Service),
        (tables.Service, "limits", tables.TimeLimit),
        (tables.ReferralRule, "service_id", tables.Service),
        (tables.ReferralRule, "limits", tables.TimeLimit),
        (tables.ReferralRule, "cities", tables.City),
        (tables.ReferralRule, "situations", tables.Situation),
        (tables.ReferralRule, "first_in", tables.Situation),
        (tables.ReferralRule, "not_in", tables.Situation),
        (tables.MediationDoor, "situations", tables.Situation),
        (tables.MediationDoor, "cities", tables.City),
        (tables.PartnerDesk, "cities", tables.City),
        (tables.FaqItem, "limits", tables.TimeLimit),
        (tables.AidStandard, "city_id", tables.City),
    )
    for table, field, target in pointers:
        for row in rows[table]:
            value = row[field]
            for pointed in value if isinstance(value, list) else [value]:
                if pointed is not None and pointed not in ids[target]:
                    raise ContentError(
                        f"{_file(table, row)}（{row['id']}）：{field} 指向不存在的 {pointed}"
                    )


def _file(table: type[Any], row: Row) -> str:
    """The file that a row stands in, for a message."""
    if table is tables.Service:
        return "services.yml"
    if table in (tables.ReferralRule, tables.Situation, tables.TimeLimit):
        return f"{str(row['id']).partition('.')[0]}.yml"
    if table is tables.MediationDoor:
        return "mediation.yml"
    if table is tables.PartnerDesk:
        return "partners.yml"
    if table is tables.FaqItem:
        return f"faq/{row['about']}.yml"
    if table is tables.LocalFact:
        return "local_facts.jsonl"
    if table is tables.AidStandard:
        return "standards.yml"
    city = row.get("city_id") or str(row["id"]).split(".")[0]
    return f"{city}.csv" if table is tables.Region else f"{city}.yml"


def _digest(row: Row) -> str:
    text = json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
