"""What staff write, over the shipped edition."""

from __future__ import annotations

import pytest

from knowledge.catalogue import Catalogue
from knowledge.editing.frame import Frame
from tests.bot.databases import any_database, templates

__all__ = ["any_database", "frame", "templates"]


@pytest.fixture(scope="session")
def frame(catalogue: Catalogue) -> Frame:
    return Frame(catalogue)
