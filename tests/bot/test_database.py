"""One schema and one edition, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import bot.accounts.tables
import bot.channels.telegram.tables
import bot.tables
import knowledge.tables
from bot.database import alembic_config, migrate
from bot.gazetteer_export import export_gazetteer
from knowledge.boundaries import Boundaries
from knowledge.catalogue import Catalogue, read_catalogue
from knowledge.database import connect
from knowledge.edition import ORDER, load
from tests.bot.databases import BACKENDS, address_of, postgres


@contextmanager
def created(backend: str, folder: Path) -> Iterator[Engine]:
    """An empty database of its own, dropped afterwards."""
    if backend == "sqlite":
        engine = connect(f"sqlite:///{folder / 'empty.sqlite3'}")
        yield engine
        engine.dispose()
        return
    with postgres() as name:
        engine = connect(address_of(name))
        yield engine
        engine.dispose()


@pytest.fixture(params=BACKENDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with created(request.param, tmp_path) as engine:
        yield engine


@pytest.fixture(scope="module", params=BACKENDS)
def loaded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """Migrated and with the edition in it. Its tests leave it as they found it."""
    with created(request.param, tmp_path_factory.mktemp("loaded")) as engine:
        migrate(engine)
        first = load(engine)
        assert first.added > 7000
        assert (first.changed, first.kept) == (0, 0)
        yield engine


def heads(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads())


def differences(engine: Engine) -> list[object]:
    """What a new migration would have to change, seen from the models of both owners."""
    both = MetaData(naming_convention=knowledge.tables.NAMING)
    for owner in (knowledge.tables.Base.metadata, bot.tables.Base.metadata):
        for table in owner.sorted_tables:
            table.to_metadata(both)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found: list[object] = list(compare_metadata(context, both))
        return found


def test_from_nothing_to_the_heads_and_again(empty: Engine) -> None:
    migrate(empty)
    newest = set(ScriptDirectory.from_config(alembic_config()).get_heads())
    assert heads(empty) == newest
    assert len(newest) == 2  # one branch for each owner
    tables = set(inspect(empty).get_table_names())
    migrate(empty)
    assert heads(empty) == newest
    assert set(inspect(empty).get_table_names()) == tables


def test_a_database_of_yesterday_is_brought_up_with_its_rows(empty: Engine) -> None:
    """Rows that others point to stay where they are while their tables change."""
    sourced = "source, as_of, verified, shipped_digest) VALUES ("
    with empty.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "knowledge_0002")
        for statement in (
            f"INSERT INTO service (id, name, menu_group, position, why, citations, not_when_urgent,"
            f" {sourced}'a', '甲', 'main', 1, '因为', '[]', '[]', 'x', 'x', false, 'x')",
            f"INSERT INTO referral_rule (id, matter_id, position, service_id, why, citations,"
            f" cities, only_when_asked, first_when_urgent,"
            f" {sourced}'m.a', 'm', 1, 'a', '因为', '[]', '[]', false, '[]', 'x', 'x', false, 'x')",
        ):
            connection.execute(text(statement))
    migrate(empty)
    with Session(empty) as session:
        rule = session.get_one(knowledge.tables.ReferralRule, "m.a")
        assert (rule.limits, rule.situations, rule.otherwise) == ([], [], None)
        assert session.get_one(knowledge.tables.Service, "a").limits == []


def test_the_tables_are_those_of_the_models(empty: Engine) -> None:
    migrate(empty)
    assert differences(empty) == []


def test_the_comparison_would_notice(empty: Engine) -> None:
    """Otherwise the test above would prove nothing."""
    migrate(empty)
    with empty.begin() as connection:
        connection.execute(text("ALTER TABLE conversation DROP COLUMN region_id"))
        connection.execute(text("CREATE TABLE stray (id INTEGER PRIMARY KEY)"))
    assert len(differences(empty)) == 2


def test_the_owners_share_no_table() -> None:
    ours = set(bot.tables.Base.metadata.tables)
    theirs = set(knowledge.tables.Base.metadata.tables)
    assert not ours & theirs


def test_foreign_keys_are_checked(empty: Engine) -> None:
    migrate(empty)
    row = knowledge.tables.RegionAlias(
        id="x",
        region_id="nowhere",
        text="甲",
        kind="俗称",
        source="x",
        as_of="x",
        shipped_digest="",
    )
    with Session(empty) as session:
        session.add(row)
        with pytest.raises(IntegrityError):
            session.flush()


def test_the_same_edition_again_changes_nothing(loaded: Engine) -> None:
    def version() -> int | None:
        with Session(loaded) as session:
            edition = session.get(knowledge.tables.Edition, 1)
            return edition.version if edition else None

    assert version() == 1
    again = load(loaded)
    assert (again.added, again.changed, again.kept) == (0, 0, 0)
    assert version() == 1
    migrate(loaded)
    assert (load(loaded).added, version()) == (0, 1)


def test_every_table_has_rows(loaded: Engine) -> None:
    with Session(loaded) as session:
        for table in ORDER:
            assert session.query(table).first() is not None, table.__tablename__


def test_the_catalogue_is_the_same_everywhere(
    loaded: Engine, catalogue: Catalogue, boundaries: Boundaries
) -> None:
    """Compared with the SQLite file of the whole suite."""
    with Session(loaded) as session:
        found = read_catalogue(session, 1, boundaries)
    assert found.points == catalogue.points
    assert list(found.points) == list(catalogue.points)
    assert found.online == catalogue.online
    assert found.rules == catalogue.rules
    assert found.plans == catalogue.plans
    assert found.services == catalogue.services
    assert list(found.services) == list(catalogue.services)
    assert found.atlas.cities == catalogue.atlas.cities
    assert list(found.atlas.cities) == list(catalogue.atlas.cities)
    assert found.atlas.regions == catalogue.atlas.regions
    assert list(found.atlas.regions) == list(catalogue.atlas.regions)
    assert found.atlas.aliases == catalogue.atlas.aliases


def test_the_gazetteer_is_written_once(
    loaded: Engine, boundaries: Boundaries, tmp_path: Path
) -> None:
    file = tmp_path / "new" / "gazetteer.json"
    assert export_gazetteer(loaded, boundaries, file)
    assert not export_gazetteer(loaded, boundaries, file)
    content = file.read_text(encoding="utf-8")
    assert '"小榄"' in content
    assert not list(tmp_path.glob("**/*.tmp"))


def test_a_session_of_the_first_schema_stays_open(empty: Engine) -> None:
    """An upgrade must not throw a resident out of a conversation; a downgrade gives it back."""
    for step, revision in (
        ("upgrade", "bot_0001"),
        ("upgrade", "bot_head"),
        ("downgrade", "bot_0001"),
    ):
        with empty.begin() as connection:
            config = alembic_config()
            config.attributes["connection"] = connection
            getattr(command, step)(config, revision.replace("bot_head", "bot@head"))
            if revision == "bot_0001" and step == "upgrade":
                connection.execute(
                    text("INSERT INTO conversation VALUES ('a', 'd', 'zhongshan', NULL, :day)"),
                    {"day": datetime(2026, 1, 1)},  # noqa: DTZ001
                )
            column = "token_digest" if revision == "bot_0001" else "address"
            found = connection.execute(text(f"SELECT {column} FROM conversation WHERE id = 'a'"))
            assert found.scalar() == "d"


def test_a_ticket_of_before_keeps_its_story_and_gets_who_answers_for_it(empty: Engine) -> None:
    """An upgrade to operators' rooms: nothing is lost, and no ticket is nobody's (首问负责)."""
    day = datetime(2026, 11, 1)  # noqa: DTZ001
    for revision in ("bot_0008", "bot@head"):
        with empty.begin() as connection:
            config = alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            if revision == "bot_0008":
                connection.execute(
                    text(
                        "INSERT INTO ticket (id, number, channel, city_id, urgent, trouble,"
                        " summary, state, opened_at, owner_id, owner_name, seen_seq)"
                        " VALUES (1, '261103829174', 'web', 'zhongshan', 'none', '欠薪', '[]',"
                        " 'open', :day, 'account-li', '李莉', 3)"
                    ),
                    {"day": day},
                )
                connection.execute(
                    text(
                        "INSERT INTO ticket_event (id, ticket_id, at, kind, actor)"
                        " VALUES (1, 1, :day, 'opened', 'resident')"
                    ),
                    {"day": day},
                )
    with Session(empty) as session:
        ticket = session.get_one(bot.tables.Ticket, 1)
        assert (ticket.responsible_id, ticket.responsible_name) == ("account-li", "李莉")
        assert (ticket.trouble, ticket.passed_by, ticket.offered_to) == ("欠薪", [], None)
        assert session.get_one(bot.tables.TicketEvent, 1).ticket_id == 1
