"""Workbooks that were sent: how far each one is, and what would become of its rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables import Base, BigId


class ContentImport(Base):
    """One workbook. `touched_at` moves while somebody works on it: one that is left stands still.

    `state` is a bot.workbook.jobs.State; `city_id` the only city that its sender keeps.
    """

    __tablename__ = "content_import"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    file_name: Mapped[str]
    by: Mapped[str]
    city_id: Mapped[str | None]
    at: Mapped[datetime]
    touched_at: Mapped[datetime]
    state: Mapped[str]
    done: Mapped[int]
    total: Mapped[int]
    message: Mapped[str | None]
    # by verdict
    counts: Mapped[dict[str, Any] | None]
    notices: Mapped[list[Any]] = mapped_column(JSON)
    applied_by: Mapped[str | None]
    applied_at: Mapped[datetime | None]


class ContentImportRow(Base):
    """A row that is not as it was, in the order of the preview.

    `problems`: cell, title, text, stops; `differences`: title, gone, come.
    """

    __tablename__ = "content_import_row"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    import_id: Mapped[int] = mapped_column(
        ForeignKey("content_import.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str]
    line: Mapped[int]
    object_id: Mapped[str]
    name: Mapped[str]
    verdict: Mapped[str]
    seen: Mapped[int]
    body: Mapped[dict[str, Any] | None]
    problems: Mapped[list[Any]] = mapped_column(JSON)
    differences: Mapped[list[Any]] = mapped_column(JSON)
