"""What a cell says, as the text that its field expects."""

from __future__ import annotations

from typing import Any

from bot.triage_file.cells import as_text, from_xlsx
from bot.words import words
from knowledge.editing.fields import Field
from knowledge.editing.reading import SHORT_NUMBERS, yes_no


class Unusable(ValueError):
    """A cell without a text: a key of `problems`, and what fills it."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(words("workbook")["problems"][key].format(**values))


def text_of(cell: Any, field: Field | None = None) -> str:
    """The text of a cell of openpyxl. Raises Unusable."""
    value = cell.value
    if cell.data_type == "f":
        raise Unusable("formula")
    if cell.data_type == "e":
        raise Unusable("error", value=value)
    if isinstance(value, bool) and field is not None and field.read is yes_no:
        return str(words("workbook")["cells"]["yes" if value else "no"])
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = as_text(from_xlsx(value))
    if (
        field is not None
        and field.name == "phone"
        and isinstance(value, (int, float))
        and text not in SHORT_NUMBERS
    ):
        raise Unusable("phone_number")
    return text
