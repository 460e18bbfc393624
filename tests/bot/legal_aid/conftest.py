"""A database of each kind."""

from __future__ import annotations

from tests.bot.databases import any_database, templates
from tests.bot.typed import written

__all__ = ["any_database", "templates", "written"]
