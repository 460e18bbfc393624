"""The label set: ids are public and stable, Chinese names are what residents see."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import yaml

from knowledge.content_files import DATA

# kinds of urgency in which somebody can be given something to read
CALM = frozenset({"none", "deadline"})


@dataclass(frozen=True)
class Taxonomy:
    """Names by id; `menu` groups are (id, title) in order of showing."""

    services: dict[str, str]
    requests: dict[str, str]
    matters: dict[str, str]
    parties: dict[str, str]
    urgency: tuple[str, ...]
    menu: tuple[tuple[str, str], ...]

    def service_name(self, id_: str) -> str:
        """The name of a service or a request. Raises KeyError for an unknown id."""
        return self.services.get(id_) or self.requests[id_]

    def names(self, label: str) -> bool:
        """Whether a service or a request has this id."""
        return label in self.services or label in self.requests


@cache
def taxonomy() -> Taxonomy:
    """Read data/services.yml, once a process."""
    content = yaml.safe_load((DATA / "services.yml").read_text(encoding="utf-8"))
    return Taxonomy(
        services={id_: item["name"] for id_, item in content["services"].items()},
        requests=content["requests"],
        matters=content["matters"],
        parties=content["parties"],
        urgency=tuple(content["urgency"]),
        menu=tuple((group["id"], group["title"]) for group in content["menu"]),
    )
