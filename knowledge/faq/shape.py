"""The public shape of an answer, in the API and as a card of a conversation (docs/api.md)."""

from __future__ import annotations

from datetime import date
from typing import Any

from knowledge.catalogue import Catalogue
from knowledge.citing import cite
from knowledge.faq.items import IF_HAD, NEEDED, Item
from knowledge.law.links import cited_shape, law_url

Shape = dict[str, Any]


def item_url(item_id: str) -> str:
    """The page of one answer."""
    return f"/faq/item/{item_id}"


def faq_shape(catalogue: Catalogue, item: Item, city_id: str, day: date) -> Shape:
    """An answer for a resident of a city on a day; `city` is null where nothing differs there."""
    local = item.cities.get(city_id)
    source = cite(catalogue, city_id, item.citations, day.year)
    return {
        "id": item.id,
        "title": item.title,
        "answer": item.answer,
        "steps": list(item.steps),
        "materials": [
            {"name": one.name, "required": NEEDED if one.needed else IF_HAD}
            for one in item.materials
        ],
        "fee": item.fee,
        "takes": item.takes,
        "services": list(item.services),
        "matters": list(item.matters),
        "citations": [
            {
                "law": one["law"],
                "article": one["article"],
                "url": law_url(one["law"], one["article"]),
            }
            for one in item.citations
            if one["type"] == "law"
        ],
        "source": source,
        "cited": cited_shape(source),
        "effective_from": item.effective_from.isoformat(),
        "review_by": item.review_by.isoformat(),
        "overdue": item.review_by < day,
        "verified": item.verified,
        "read": item.read_on is not None,
        "city": city_id if local else None,
        "city_text": local.text if local else None,
        "city_source": cite(catalogue, city_id, local.citations, day.year) if local else None,
        "url": f"{item_url(item.id)}?city={city_id}" if local else item_url(item.id),
    }
