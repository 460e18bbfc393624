"""The shipped answers: data/faq/<matter or service>.yml becomes rows of faq_item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from knowledge.content_files import ContentError, Naming, Row, read_yaml
from knowledge.faq.items import IF_HAD, NEEDED
from knowledge.taxonomy import taxonomy

AS_OF = "2026-11-26"
FIELDS = (
    "title", "ask", "answer", "steps", "materials", "fee", "takes", "limits", "services",
    "matters", "groups", "cities", "citations", "effective_from",
)  # fmt: skip


def read_faq(data: Path) -> Iterator[Row]:
    """The rows of every file. Raises ContentError naming the file and the item."""
    for file in sorted((data / "faq").glob("*.yml")):
        with Naming(file, "整个文件"):
            content = read_yaml(file)
            about, owner, review_by = content["about"], content["owner"], content["review_by"]
            _check_about(file, about)
        for position, item in enumerate(content["items"]):
            with Naming(file, str(item.get("id"))):
                yield {
                    "id": item["id"],
                    "about": about,
                    "position": position,
                    **{name: item[name] for name in FIELDS},
                    "review_by": _day(review_by),
                    "read_on": _day(content["read_on"]) if content.get("read_on") else None,
                    "owner": owner,
                    "source": source_of(item["citations"]),
                    "as_of": AS_OF,
                    "verified": bool(item["verified"]),
                }
                _check(file, item)


def _check_about(file: Path, about: str) -> None:
    known = taxonomy()
    if about != file.stem or (about not in known.matters and not known.names(about)):
        raise ContentError(f"{file.name}：about 应当和文件名一样，是一个事由或服务的编号")


def _check(file: Path, item: Row) -> None:
    where = f"{file.name}（{item['id']}）"
    for material in item["materials"]:
        if material["need"] not in (NEEDED, IF_HAD):
            raise ContentError(
                f"{where}：材料“{material['name']}”的 need 只能是 {NEEDED} 或 {IF_HAD}"
            )
    for field, labels in (("services", item["services"]), ("matters", item["matters"])):
        for label in labels:
            known = taxonomy()
            if not (label in known.matters if field == "matters" else known.names(label)):
                raise ContentError(f"{where}：{field} 里没有 {label} 这个编号")
    if not item["citations"]:
        raise ContentError(f"{where}：至少要有一条依据")


def _day(value: Any) -> date:
    if not isinstance(value, date):
        raise TypeError("日期要写成 2027-05-31 这样")
    return value


def source_of(citations: Sequence[Row]) -> str:
    """What an answer rests on, in one line."""
    return "、".join(map(_source, citations))


def _source(citation: Row) -> str:
    if citation["type"] == "law":
        return f"{citation['law']}{citation['article']}"
    if citation["type"] == "plan":
        return f"规划（{citation['city']}）{citation['place']}"
    return f"本地规定 {citation['fact']}"
