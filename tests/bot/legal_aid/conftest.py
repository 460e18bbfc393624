"""A database of each kind."""

from __future__ import annotations

from tests.bot.databases import loaded_database, templates

__all__ = ["loaded_database", "templates"]
