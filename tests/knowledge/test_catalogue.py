"""The snapshot that requests read: whole, and fresh within a second of a change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.database import migrate
from knowledge import catalogue as module
from knowledge import tables
from knowledge.boundaries import Boundaries
from knowledge.catalogue import Catalogue, LiveCatalogue
from knowledge.database import connect
from knowledge.edition import load


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{tmp_path / 'own.sqlite3'}")
    migrate(engine)
    load(engine)
    yield engine
    engine.dispose()


def _add_alias(engine: Engine, text: str) -> None:
    """As staff do: a row and the next version, in one transaction."""
    with Session(engine) as session, session.begin():
        session.add(
            tables.RegionAlias(
                id=f"zhongshan.{text}", region_id="442000105", text=text, kind="俗称",
                source="员工", as_of="2026-11-22", verified=True, shipped_digest="",
            )
        )  # fmt: skip
        session.get_one(tables.Edition, 1).version += 1


def test_a_change_is_seen_and_until_then_the_snapshot_is_the_same(
    own: Engine, boundaries: Boundaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FRESH_FOR_SECONDS", 0.0)
    live = LiveCatalogue(own, boundaries)
    first = live.current()
    assert live.current() is first
    _add_alias(own, "灯都")
    second = live.current()
    assert second.version == first.version + 1
    assert second.gazetteer.read("我在灯都", "zhongshan").found
    assert not first.gazetteer.read("我在灯都", "zhongshan").found


def test_the_database_is_asked_at_most_once_a_second(
    own: Engine, boundaries: Boundaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("knowledge.catalogue.time.monotonic", lambda: now)
    live = LiveCatalogue(own, boundaries)
    first = live.current()
    _add_alias(own, "灯都")
    now += 0.5
    assert live.current() is first
    now += 1.0
    assert live.current().version == first.version + 1


def test_without_tables_there_is_an_error_and_no_empty_answer(
    tmp_path: Path, boundaries: Boundaries
) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    with pytest.raises(SQLAlchemyError):
        LiveCatalogue(engine, boundaries).current()
    engine.dispose()


def test_the_snapshot_cannot_be_changed(catalogue: Catalogue) -> None:
    with pytest.raises(FrozenInstanceError):
        catalogue.version = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        catalogue.services["legal_aid"].name = "别的"  # type: ignore[misc]


def test_everything_points_to_something(catalogue: Catalogue) -> None:
    for region_id, points in catalogue.points.items():
        region = catalogue.atlas.regions[region_id]
        for point in points:
            assert (point.region_id, point.city_id) == (region_id, region.city_id)
            assert point.level == region.level
            assert point.services or point.kind == "法院"  # a court gives none of ours
            assert set(point.services) <= set(catalogue.services)
    for city, service in catalogue.plans:
        assert city in catalogue.atlas.cities
        assert service in catalogue.services
    for city, channels in catalogue.online.items():
        assert city in catalogue.atlas.cities
        for channel in channels:
            assert set(channel.services) <= set(catalogue.services)


def test_ids_of_points_are_unique(catalogue: Catalogue) -> None:
    ids = [point.id for points in catalogue.points.values() for point in points]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("city", "silent"),
    [
        ("zhongshan", {"labor_arbitration", "other_government"}),
        (
            "qingyuan",
            {
                "community_correction",
                "resettlement_assistance",
                "prison_visit",
                "judicial_relief",
                "other_government",
            },
        ),
        ("lianyungang", {"labor_arbitration", "prison_visit", "judicial_relief"}),
    ],
)
def test_a_plan_is_cited_only_for_what_it_speaks_of(
    catalogue: Catalogue, city: str, silent: set[str]
) -> None:
    spoken = {service for of, service in catalogue.plans if of == city}
    assert set(catalogue.services) - spoken == silent | {"out_of_scope"}


def test_every_service_says_what_it_is_for(catalogue: Catalogue) -> None:
    for service in catalogue.services.values():
        assert service.name
        assert service.why.endswith("。")


def test_a_known_web_address_is_an_address(catalogue: Catalogue) -> None:
    for channels in catalogue.online.values():
        for channel in channels:
            assert channel.source
            assert channel.url is None or "." in channel.url
