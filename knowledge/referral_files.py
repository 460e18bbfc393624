"""Reading referral rules: one file a matter with its situations, time limits and desks, the kinds
of mediation, and the partner desks. Raises ContentError naming file and row."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from knowledge import tables
from knowledge.content_files import ContentError, Naming, Row, read_yaml
from knowledge.time_limits.reckoning import Unit

AS_OF = "2026-11-26"
# nobody in danger is sent to mediate, unless the file says otherwise
DANGER = ["violence", "threat", "child_risk", "self_harm"]
Rows = dict[type[Any], list[Row]]


def read_referrals(data: Path, rows: Rows) -> None:
    """Fill the rows of situations, time limits, rules, mediation doors and partner desks."""
    for file in sorted((data / "referrals").glob("*.yml")):
        with Naming(file, "整个文件"):
            _read_matter(file, rows)
    _read_mediation(data / "mediation.yml", rows)
    _read_partners(data / "partners.yml", rows)


def _read_matter(file: Path, rows: Rows) -> None:
    content = read_yaml(file)
    matter, source = content["matter"], f"referrals/{file.name}"
    for position, situation in enumerate(content["situations"]):
        with Naming(file, str(situation.get("id", position))):
            rows[tables.Situation].append(
                {
                    "id": situation["id"],
                    "matter_id": matter,
                    "position": position,
                    "name": situation["name"],
                    "heard": _patterns(situation["heard"]),
                    "unless": _patterns(situation.get("unless")),
                    **_sourced(source, verified=True),
                }
            )
    for limit in content["limits"]:
        with Naming(file, str(limit.get("id"))):
            rows[tables.TimeLimit].append(
                {
                    "id": limit["id"],
                    "act": limit["act"],
                    "starts": limit["starts"],
                    "ask": limit["ask"],
                    "length": _length(limit["length"]),
                    "text": limit["text"],
                    "law": limit["law"],
                    "article": limit["article"],
                    "exception": limit["exception"],
                    "heard": _patterns(limit["heard"]),
                    **_sourced(source, verified=True),
                }
            )
    for position, rule in enumerate(content["rules"]):
        with Naming(file, str(rule.get("id", position))):
            rows[tables.ReferralRule].append(
                {
                    "id": rule["id"],
                    "matter_id": matter,
                    "position": position,
                    "service_id": rule["service"],
                    "desk": rule.get("desk"),
                    "why": rule["why"],
                    "citations": rule["citations"],
                    "limits": rule["limits"],
                    "cities": rule.get("cities") or [],
                    "party": rule.get("party"),
                    "otherwise": rule.get("otherwise"),
                    "situations": rule.get("situations") or [],
                    "first_in": rule.get("first_in") or [],
                    "not_in": rule.get("not_in") or [],
                    "only_when_asked": rule.get("only_when_asked", False),
                    "first_when_urgent": rule.get("first_when_urgent") or [],
                    **_sourced(source, verified=_all_law(rule["citations"])),
                }
            )


def _read_mediation(file: Path, rows: Rows) -> None:
    content = read_yaml(file)
    for position, door in enumerate(content["doors"]):
        with Naming(file, str(door.get("id", position))):
            rows[tables.MediationDoor].append(
                {
                    "id": door["id"],
                    "position": position,
                    "kind": content["kinds"][door["kind"]],
                    "link": door.get("link"),
                    "matters": door.get("matters") or [],
                    "situations": door.get("situations") or [],
                    "where": door["where"],
                    "how": door["how"],
                    "citations": door["citations"],
                    "cities": door.get("cities") or [],
                    "not_when_urgent": door.get("not_when_urgent", DANGER),
                    **_sourced(file.name, verified=_all_law(door["citations"])),
                }
            )


def _read_partners(file: Path, rows: Rows) -> None:
    for position, partner in enumerate(read_yaml(file)["partners"]):
        with Naming(file, str(partner.get("id", position))):
            rows[tables.PartnerDesk].append(
                {
                    "id": partner["id"],
                    "position": position,
                    "desk": partner["desk"],
                    "heard": _patterns(partner["heard"]),
                    "unless": _patterns(partner.get("unless")),
                    "matters": partner.get("matters") or [],
                    "why": partner["why"],
                    "citations": partner["citations"],
                    "cities": partner.get("cities") or [],
                    **_sourced(file.name, verified=_all_law(partner["citations"])),
                }
            )


def _sourced(source: str, *, verified: bool) -> Row:
    return {"source": source, "as_of": AS_OF, "verified": verified}


def _all_law(citations: Iterable[Row]) -> bool:
    return all(citation["type"] == "law" for citation in citations)


def _patterns(patterns: list[str] | None) -> list[str]:
    """Regular expressions as they stand, once they are seen to compile and to say something."""
    for pattern in patterns or []:
        try:
            empty = re.compile(pattern).search("")
        except re.error as error:
            raise ValueError(f"正则 {pattern} 写错了：{error}") from error
        if empty:
            raise ValueError(f"正则 {pattern} 什么都没说也会命中")
    return list(patterns or [])


def _length(length: Row) -> Row:
    if len(length) != 1 or not set(length) <= set(Unit):
        raise ContentError(f"length 要写 {'、'.join(Unit)} 里的一个：{length}")
    (amount,) = length.values()
    if not isinstance(amount, int) or amount < 1:
        raise ContentError(f"length 要写正整数：{length}")
    return length
