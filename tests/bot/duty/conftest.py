from tests.bot.conversing import gateway
from tests.bot.databases import any_database, loaded_database, templates

__all__ = ["any_database", "gateway", "loaded_database", "templates"]
