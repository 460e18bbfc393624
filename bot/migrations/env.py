"""Alembic's entry: runs on the connection that bot.database hands over."""

from alembic import context

import bot.accounts.tables
import bot.callbacks.tables
import bot.channels.telegram.tables
import bot.duty.tables
import bot.follow_ups.tables
import bot.hooks.tables
import bot.reports.tables
import bot.slips.tables
import bot.tables
import bot.tickets.tables
import bot.workbook.tables
import knowledge.tables

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=[knowledge.tables.Base.metadata, bot.tables.Base.metadata],
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
