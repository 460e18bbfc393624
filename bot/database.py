"""Bringing a database to the newest schema: one Alembic tree, a branch each for the two owners."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

HERE = Path(__file__).parent


def alembic_config() -> Config:
    """The migrations of `knowledge` and of `bot`."""
    config = Config()
    config.set_main_option("script_location", str(HERE / "migrations"))
    folders = [HERE.parent / "knowledge" / "migrations", HERE / "migrations" / "versions"]
    config.set_main_option("version_locations", ":".join(map(str, folders)))
    config.set_main_option("path_separator", "os")
    return config


def migrate(engine: Engine) -> None:
    """Upgrade both branches to their heads; nothing happens when they are there."""
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
