"""Writing the gazetteer that the engine marks spans with and cuts words by."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from knowledge.boundaries import Boundaries
from knowledge.catalogue import read_catalogue
from knowledge.mentions import Strength


def export_gazetteer(database: Engine, boundaries: Boundaries, file: Path) -> bool:
    """Write names (spans to mark) and words (kept whole when cutting); True when it changed."""
    with Session(database) as session:
        catalogue = read_catalogue(session, 0, boundaries)
    ordinary = {
        word for city in catalogue.atlas.cities.values() for word in city.card["ordinary_words"]
    }
    surfaces = catalogue.gazetteer.surfaces
    # a village written without its ending is too often an ordinary word
    sure = {
        surface
        for surface, claims in surfaces.items()
        if Strength.VARIANT not in claims.values() and surface not in ordinary
    }
    towns = {
        region.short for region in catalogue.atlas.regions.values() if region.level != "village"
    }
    content = {"names": sorted(sure), "words": sorted(sure & towns)}
    text = json.dumps(content, ensure_ascii=False, indent=0)
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return True
