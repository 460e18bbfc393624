"""The shipped edition: what the plans say and no more, loaded once, never over staff's work."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from bot.database import migrate
from knowledge import tables
from knowledge.catalogue import Catalogue, ServicePoint
from knowledge.content_files import DATA, ContentError
from knowledge.database import connect
from knowledge.edition import ORDER, Loaded, city_codes, load, point_name, read
from knowledge.places import is_platform

CITIES = ("zhongshan", "qingyuan", "lianyungang")
NO_PLATFORM = {"功能区", "园区", "农场", "林场", "盐场", "其他"}


# points only where the plan says that one stands


def _platforms(catalogue: Catalogue) -> list[ServicePoint]:
    return [p for points in catalogue.points.values() for p in points if is_platform(p)]


@pytest.mark.parametrize(
    ("city", "counts"),
    [
        ("zhongshan", {"city": 1, "town": 23, "village": 287}),
        ("qingyuan", {"city": 1, "county": 8, "town": 85, "village": 1222}),
        # the plan itself counts 6 counties and 90 towns
        ("lianyungang", {"city": 1, "county": 6, "town": 90, "village": 1722}),
    ],
)
def test_points_by_city_and_level(catalogue: Catalogue, city: str, counts: dict[str, int]) -> None:
    points = [point for point in _platforms(catalogue) if point.city_id == city]
    assert Counter(point.level for point in points) == counts


def test_a_region_has_at_most_one_platform(catalogue: Catalogue) -> None:
    per_region = Counter(point.region_id for point in _platforms(catalogue))
    assert set(per_region.values()) == {1}


def test_every_town_of_zhongshan_has_a_station(catalogue: Catalogue) -> None:
    have = {point.region_id: point for point in _platforms(catalogue)}
    towns = [r for r in catalogue.atlas.children("442000") if r.level == "town"]
    assert len(towns) == 23
    assert {have[town.id].name for town in towns} == {f"{t.name}公共法律服务站" for t in towns}


def test_farms_salt_works_zones_and_other_rows_have_none(catalogue: Catalogue) -> None:
    atlas = catalogue.atlas
    for point in _platforms(catalogue):
        region = atlas.regions[point.region_id]
        assert region.kind not in NO_PLATFORM, point.name
        if region.level == "village":
            town = atlas.regions[region.parent_id or ""]
            assert town.kind in {"镇", "乡", "街道"}, point.name


def test_the_zone_of_lianyungang_has_none_but_its_streets_have(catalogue: Catalogue) -> None:
    have = {point.region_id for point in _platforms(catalogue)}
    assert "320771" not in have
    assert {"320771001", "320771002", "320771003"} <= have
    assert "320771450" not in have
    for town in catalogue.atlas.children("320771"):
        villages = {v.id for v in catalogue.atlas.children(town.id) if v.kind in {"村", "社区"}}
        assert villages <= have if town.kind == "街道" else not villages & have


@pytest.mark.parametrize(
    ("level", "kind", "name", "expected"),
    [
        ("town", "镇", "小榄镇", "小榄镇公共法律服务站"),
        ("village", "村", "太平村民委员会", "太平村公共法律服务站"),
        ("village", "社区", "太平社区居民委员会", "太平社区公共法律服务站"),
        ("village", "村", "田心村委会", "田心村公共法律服务站"),
        ("village", "社区", "胜利社区居委会", "胜利社区公共法律服务站"),
        ("village", "社区", "凤凰居委会", "凤凰社区公共法律服务站"),
        ("village", "社区", "张庄村居委会", "张庄村公共法律服务站"),
    ],
)
def test_a_point_is_called_after_its_place(level: str, kind: str, name: str, expected: str) -> None:
    assert point_name({"level": level, "kind": kind, "name": name}, "公共法律服务站") == expected


def test_no_point_is_called_a_committee(catalogue: Catalogue) -> None:
    pattern = re.compile("委员会|居委会|村委会|村村|社区社区|虚拟")
    assert [point.name for point in _platforms(catalogue) if pattern.search(point.name)] == []


# nothing is invented


@pytest.mark.parametrize("city", CITIES)
def test_every_contact_stands_in_the_city_file(catalogue: Catalogue, city: str) -> None:
    content = yaml.safe_load((DATA / "cities" / f"{city}.yml").read_text(encoding="utf-8"))
    known = {
        str(point[field])
        for point in content["points"]
        for field in ("address", "phone", "hours")
        if point.get(field)
    }
    shown = {
        value
        for points in catalogue.points.values()
        for point in points
        if point.city_id == city
        for value in (point.address, point.phone, point.hours)
        if value
    }
    assert shown == known


def test_a_platform_that_nobody_checked_is_unverified_and_without_contact(
    catalogue: Catalogue,
) -> None:
    for point in _platforms(catalogue):
        if point.id != "point.441800":
            assert not point.verified
            assert (point.address, point.phone, point.hours, point.accessibility) == (None,) * 4
            assert point.source.startswith("《")


def test_coordinates_are_approximate_and_never_those_of_another_office(
    catalogue: Catalogue,
) -> None:
    for points in catalogue.points.values():
        for point in points:
            region = catalogue.atlas.regions[point.region_id]
            assert point.approximate
            if is_platform(point):
                assert (point.lat, point.lng) == (region.lat, region.lng)
            else:
                assert (point.lat, point.lng) == (None, None)


@pytest.mark.parametrize("table", ORDER, ids=lambda table: str(table.__tablename__))
def test_every_row_says_where_it_comes_from_and_when(database: Engine, table: Any) -> None:
    with Session(database) as session:
        rows = session.scalars(select(table)).all()
    assert rows
    assert [row.id for row in rows if not (row.source and row.as_of and row.shipped_digest)] == []
    assert {row.edited_at for row in rows} == {None}


def test_a_draft_or_unnamed_plan_is_not_verified(database: Engine) -> None:
    with Session(database) as session:
        for row in session.scalars(select(tables.CityService)):
            assert row.verified is (row.plan_status == "approved")
            assert row.valid_from <= row.valid_to


def test_the_cities_with_a_file() -> None:
    assert city_codes() == {"442000", "441800", "320700"}


# loading


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("edition") / "wenfa.sqlite3"
    engine = connect(f"sqlite:///{file}")
    migrate(engine)
    assert load(engine).added > 7000
    engine.dispose()
    return file


@pytest.fixture
def own(template: Path, tmp_path: Path) -> Iterator[Engine]:
    """A loaded database that the test may write to."""
    engine = connect(f"sqlite:///{shutil.copy(template, tmp_path / 'own.sqlite3')}")
    yield engine
    engine.dispose()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the shipped files that the test may break."""
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def _version(engine: Engine) -> int:
    with Session(engine) as session:
        return session.scalars(select(tables.Edition.version)).one()


def test_loading_twice_changes_nothing(own: Engine) -> None:
    before = _version(own)
    assert load(own) == Loaded(0, 0, 0)
    assert _version(own) == before


def test_a_changed_file_changes_its_row_and_the_version(own: Engine, data: Path) -> None:
    _replace(data / "services.yml", "name: 法律咨询", "name: 法律问询")
    before = _version(own)
    assert load(own, data) == Loaded(0, 1, 0)
    assert _version(own) == before + 1
    with Session(own) as session:
        service = session.get_one(tables.Service, "legal_consultation")
        assert service.name == "法律问询"
    assert load(own, data) == Loaded(0, 0, 0)


def test_a_new_row_is_added(own: Engine, data: Path) -> None:
    new = 'aliases:\n  - {text: 灯都, code: "442000105", kind: 俗称}\n'
    _replace(data / "cities" / "zhongshan.yml", "aliases:\n", new)
    assert load(own, data) == Loaded(1, 0, 0)


def test_a_row_that_staff_edited_is_kept(own: Engine, data: Path) -> None:
    with Session(own) as session, session.begin():
        point = session.get_one(tables.ServicePoint, "point.441800")
        point.phone = "0763-12348"
        point.edited_at = datetime(2026, 11, 1)  # noqa: DTZ001  the column keeps UTC without offset
    _replace(data / "cities" / "qingyuan.yml", "0763-3364604", "0763-0000000")
    # told once; the new one lies beside it as a draft (tests/knowledge/editing/test_versions.py)
    for kept in (1, 0):
        assert load(own, data) == Loaded(0, 0, kept)
        with Session(own) as session:
            assert session.get_one(tables.ServicePoint, "point.441800").phone == "0763-12348"


def test_an_edited_row_needs_nothing_while_its_file_is_the_same(own: Engine) -> None:
    with Session(own) as session, session.begin():
        rule = session.get_one(tables.ReferralRule, "labor.arbitration")
        rule.why = "员工写的理由"
        rule.edited_at = datetime(2026, 11, 1)  # noqa: DTZ001  the column keeps UTC without offset
    assert load(own) == Loaded(0, 0, 0)
    with Session(own) as session:
        assert session.get_one(tables.ReferralRule, "labor.arbitration").why == "员工写的理由"


def test_a_broken_file_leaves_the_database_as_it_was(own: Engine, data: Path) -> None:
    _replace(data / "services.yml", "name: 法律咨询", "name: 法律问询")
    _replace(data / "referrals" / "labor.yml", "service: legal_aid", "service: no_such_desk")
    with pytest.raises(ContentError):
        load(own, data)
    with Session(own) as session:
        assert session.get_one(tables.Service, "legal_consultation").name == "法律咨询"
        count = session.scalar(select(func.count()).select_from(tables.ReferralRule))
    assert count == len(read()[tables.ReferralRule])


# broken files


def _change(old: str, new: str) -> Callable[[Path], None]:
    return lambda file: _replace(file, old, new)


def _as_gbk(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_bytes(text.encode("gbk", errors="ignore"))


def _without_a_rule_list(file: Path) -> None:
    file.write_text("matter: labor\n", encoding="utf-8")


BROKEN: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "a service without a reason": (
        "services.yml",
        _change("    why: 请调解员", "    reason: 请调解员"),
        "services.yml（peoples_mediation）：缺少 why",
    ),
    "no services": ("services.yml", _change("\nservices:", "\nnothing:"), "services.yml（"),
    "no YAML": ("services.yml", _change("\nservices:", "\nservices: ["), "services.yml 不是"),
    "services in GBK": ("services.yml", _as_gbk, "services.yml（"),
    "a rule without a reason": (
        "referrals/labor.yml",
        _change("    why: 拖欠工资", "    reason: 拖欠工资"),
        "labor.yml（labor.labor_inspection）：缺少 why",
    ),
    "no rules": ("referrals/labor.yml", _without_a_rule_list, "labor.yml（整个文件）：缺少 "),
    "rules that are words": (
        "referrals/labor.yml",
        lambda file: file.write_text("matter: labor\nrules: [先去仲裁]\n", encoding="utf-8"),
        "labor.yml（",
    ),
    "a list for a file": (
        "referrals/labor.yml",
        lambda file: file.write_text("- 先去仲裁\n", encoding="utf-8"),
        "labor.yml 应当是",
    ),
    "a rule to an unknown desk": (
        "referrals/labor.yml",
        _change("service: labor_arbitration", "service: fortune_telling"),
        "labor.yml（labor.arbitration）：service_id 指向不存在的 fortune_telling",
    ),
    "an id twice": (
        "referrals/labor.yml",
        _change("id: labor.mediation", "id: labor.legal_aid"),
        "labor.yml（labor.legal_aid）：编号重复",
    ),
    "an alias without a code": (
        "cities/zhongshan.yml",
        _change('{text: 火炬区, code: "442000003"', "{text: 火炬区"),
        "zhongshan.yml（aliases",
    ),
    "an alias of nothing": (
        "cities/zhongshan.yml",
        _change('{text: 火炬区, code: "442000003"', '{text: 火炬区, code: "999"'),
        "zhongshan.yml（zhongshan.火炬区）：region_id 指向不存在的 999",
    ),
    "a point without a source": (
        "cities/zhongshan.yml",
        _change("    source: zsnews.cn", "    from: zsnews.cn"),
        "zhongshan.yml（zhongshan.disabled_station）：缺少 source",
    ),
    "a point nowhere": (
        "cities/zhongshan.yml",
        _change('    region: "442000118"', '    region: "999"'),
        "zhongshan.yml：zhongshan.labor.xiaolan 的 region 999 不存在",
    ),
    "a contact for no platform": (
        "cities/qingyuan.yml",
        _change('platform: "441800"', 'platform: "999"'),
        "qingyuan.yml（points）：platform 999 没有服务点",
    ),
    "an online door that does nothing": (
        "cities/lianyungang.yml",
        _change("    what: 网上公共法律服务", "    that: 网上公共法律服务"),
        "lianyungang.yml（lianyungang.online.jsfw）：缺少 what",
    ),
    "a plan's place for an unknown service": (
        "cities/zhongshan.yml",
        _change("  bar_exam: ", "  driving_exam: "),
        "zhongshan.yml（zhongshan.driving_exam）：service_id 指向不存在的 driving_exam",
    ),
    "a coordinate in words": (
        "regions/zhongshan.csv",
        _change("22.51682", "二十二度"),
        "zhongshan.csv（第 3 行）：内容读不懂",
    ),
    "a missing column": (
        "regions/zhongshan.csv",
        _change("name,short,lat", "name,brief,lat"),
        "zhongshan.csv（第 2 行）：缺少 short",
    ),
    "a cut line": (
        "regions/zhongshan.csv",
        _change("石岐街道,石岐,22.51682,113.38521", "石岐街道"),
        "zhongshan.csv（第 3 行）：内容读不懂（列数不够）",
    ),
    "a town of nowhere": (
        "regions/zhongshan.csv",
        _change("442000118,442000,town", "442000118,999,town"),
        "zhongshan.csv（442000118）：parent_id 指向不存在的 999",
    ),
    "regions in GBK": ("regions/zhongshan.csv", _as_gbk, "zhongshan.csv（"),
    "no regions": ("regions/zhongshan.csv", Path.unlink, "zhongshan.csv（"),
    "a fact that is no JSON": (
        "facts/local_facts.jsonl",
        _change(
            '{"city": "广东", "topic": "经济困难认定"', '{"city": 广东, "topic": "经济困难认定"'
        ),
        "local_facts.jsonl（第 2 行）：内容读不懂",
    ),
    "a fact without a source": (
        "facts/local_facts.jsonl",
        _change('"source"', '"src"'),
        "local_facts.jsonl（第 1 行）：缺少 source",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_named_with_its_row(data: Path, case: str) -> None:
    name, spoil, message = BROKEN[case]
    spoil(data / name)
    with pytest.raises(ContentError) as error:
        read(data)
    assert str(error.value).startswith(message)
