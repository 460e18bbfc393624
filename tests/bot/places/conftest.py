from tests.bot.databases import any_database, templates
from tests.bot.typed import run, written

__all__ = ["any_database", "run", "templates", "written"]
