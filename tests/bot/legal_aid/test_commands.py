"""./wenfa legal-aid: staff enter a newer figure, see what it flips, and old answers stay."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.accounts import audit
from knowledge.boundaries import Boundaries
from knowledge.catalogue import read_catalogue
from knowledge.edition import load
from knowledge.eligibility.facts import read_facts
from knowledge.eligibility.jurisdiction import jurisdiction
from knowledge.eligibility.rules import rulebook
from knowledge.eligibility.screening import Outcome, screen
from tests.bot.typed import Run, wenfa

NEW = ("legal-aid", "standard", "中山", "2800", "--from", "2026-12-01", "--source", "市局通知")
# 2,700 a head: over the old line, within the new one
BETWEEN = {
    "claim": "traffic_injury_compensation",
    "special_status": [],
    "valuable_assets": [],
    "household_size": 1,
    "household_monthly_disposable_income": 2700,
    "extraordinary_expense_reason": "none",
}


@pytest.fixture
def run(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Over the shipped edition, which must stay as it is."""
    return wenfa(database, monkeypatch)


def outcome(database: Engine, day: date) -> Outcome:
    with Session(database) as session:
        catalogue = read_catalogue(session, 1, Boundaries.none())
    facts = read_facts(BETWEEN)
    return screen(rulebook(), facts, jurisdiction(catalogue, "zhongshan", facts), day).outcome


def test_a_newer_figure_holds_from_its_day_shows_what_it_flips_and_stands_once(
    loaded_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, database = wenfa(loaded_database, monkeypatch), loaded_database
    added = run(*NEW, typed="y\n")
    assert added.exit_code == 0, added.output
    assert "个保存的案例会变" in added.output
    assert "可能不符合 → " in added.output
    assert "zhongshan.2026-12-01" in added.output
    assert outcome(database, date(2026, 11, 30)) is Outcome.unlikely
    assert outcome(database, date(2026, 12, 1)) is Outcome.likely
    with Session(database) as session:
        deed = audit.last(session, 1)[0]
    assert (deed.verb, deed.object_id) == ("aid_standard.add", "zhongshan.2026-12-01")
    again = run(*NEW, "--yes")
    assert again.exit_code == 1
    assert "已经有一个标准" in again.output
    # the shipped edition comes again: what staff entered stays
    load(database)
    assert outcome(database, date(2026, 12, 1)) is Outcome.likely
    listed = run("legal-aid", "standards", "中山").output
    assert run("legal-aid", "remove", "中山", "2026-12-01").exit_code == 0
    assert outcome(database, date(2026, 12, 1)) is Outcome.unlikely
    shipped = run("legal-aid", "remove", "中山", "2023-03-10")
    assert shipped.exit_code == 1
    assert "不能收回" in shipped.output
    assert "2592" in listed
    assert "2800" in listed
    assert "待核实" in listed


def test_a_no_writes_nothing(run: Run, database: Engine) -> None:
    refused = run(*NEW, typed="n\n")
    assert refused.exit_code == 1
    assert outcome(database, date(2026, 12, 1)) is Outcome.unlikely


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("火星", "2800", "--from", "2026-12-01", "--source", "x"), "没有开通这个城市"),
        (("中山", "0", "--from", "2026-12-01", "--source", "x"), "大于 0"),
        (("中山", "nan", "--from", "2026-12-01", "--source", "x"), "大于 0"),
        (("中山", "2800", "--from", "明年", "--source", "x"), "--from"),
        (("中山", "2800", "--from", "2026-12-01", "--source", " "), "出处"),
        (("中山", "2800", "--from", "2026-12-01", "--source", "x", "--full", "100"), "--full"),
        (("中山", "2800", "--from", "2026-12-01", "--source", "x", "--at-line", "约"), "不超过"),
    ],
)
def test_a_slip_is_named_and_nothing_is_written(
    run: Run, database: Engine, arguments: tuple[str, ...], words: str
) -> None:
    result = run("legal-aid", "standard", *arguments, "--yes")
    assert result.exit_code == 1
    assert words in result.output
    assert "Traceback" not in result.output
    assert outcome(database, date(2026, 12, 1)) is Outcome.unlikely


def test_qingyuan_has_none_yet(run: Run) -> None:
    assert "还没有查到过标准" in run("legal-aid", "standards", "清远").output
