"""A gateway over a database of each kind."""

from tests.bot.conversing import gateway
from tests.bot.databases import any_database, templates

__all__ = ["any_database", "gateway", "templates"]
