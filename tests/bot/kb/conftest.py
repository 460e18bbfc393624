from tests.bot.databases import loaded_database, templates
from tests.bot.typed import run

__all__ = ["loaded_database", "run", "templates"]
