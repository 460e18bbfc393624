"""The fields of what staff keep as plain JSON, and back to the texts that forms and sheets read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

from pydantic import WithJsonSchema

from bot.api.problems import FieldError, WrongFields
from bot.words import words
from knowledge.editing import reading
from knowledge.editing.fields import Field, Widget, fields, values_by_field
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Body, Kind
from knowledge.editing.words import Problem, editing_words
from knowledge.text import storable

# what a field's value may be is told by its own reader, in Chinese and by its title
Value = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "boolean"},
                {"type": "number"},
                {"type": "array", "items": {"type": "string"}},
                {"type": "null"},
            ]
        }
    ),
]
Values = dict[str, Value]


class FieldType(StrEnum):
    """What JSON a field is given as; a text in a form's own way of writing will do for each."""

    text = "text"
    lines = "lines"
    one = "one"
    some = "some"
    yes_no = "yes_no"
    number = "number"
    day = "day"


def type_of(field: Field) -> FieldType:
    """`lines` is a list of texts, `some` a list of ids of its choices, `one` such an id."""
    if field.read is reading.yes_no:
        return FieldType.yes_no
    if field.read is reading.number:
        return FieldType.number
    if field.widget is Widget.text and field.read is not reading.plain:
        return FieldType.lines
    return {
        Widget.choice: FieldType.one,
        Widget.ranked: FieldType.some,
        Widget.day: FieldType.day,
    }.get(field.widget, FieldType.text)


def described(field: Field) -> dict[str, Any]:
    """A field by what a form says of it."""
    type_ = type_of(field)
    labels = field.choices.labels.items() if field.choices else ()
    yes = editing_words()["choices"]["yes"]
    return {
        "name": field.name,
        "title": field.title,
        "help": field.help,
        "type": type_,
        "needed": field.needed,
        "longest": field.longest,
        "choices": [
            {"value": label == yes if type_ is FieldType.yes_no else value, "name": label}
            for value, label in labels
        ]
        or None,
    }


def shown(kind: Kind, body: Body, frame: Frame) -> Values:
    """A body by field; `texts_of` and the fields' readers make the same body of it."""
    values = values_by_field(kind, body)
    return {
        field.name: _shown(field, values.get(field.name), frame) for field in fields(kind, frame)
    }


def _shown(field: Field, value: Any, frame: Frame) -> Value:
    if value is None:
        return field.empty
    return field.write(value, frame).splitlines() if type_of(field) is FieldType.lines else value


def texts_of(kind: Kind, given: Mapping[str, Any], frame: Frame) -> dict[str, str]:
    """What was sent, as a form would have sent it. Raises WrongFields."""
    known = {field.name: field for field in fields(kind, frame)}
    phrases, wrong = words("problems")["fields"], []
    texts: dict[str, str] = {}
    for name, value in given.items():
        field = known.get(name)
        text = _text(field, value) if field else None
        if text is not None:
            texts[name] = storable(text)
            continue
        said = phrases["other" if field else "extra_forbidden"]
        title = field.title if field else storable(name)
        wrong.append(FieldError(field=f"fields.{storable(name)}", message=said.format(field=title)))
    if wrong:
        raise WrongFields("wrong_fields", wrong)
    return texts


def _text(field: Field, value: Any) -> str | None:
    """None for a value that is none of the field's type."""
    type_ = type_of(field)
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        choices = editing_words()["choices"]
        return choices["yes" if value else "no"] if type_ is FieldType.yes_no else None
    if isinstance(value, int | float):
        return str(value) if type_ is FieldType.number else None
    if isinstance(value, list) and type_ in (FieldType.lines, FieldType.some):
        return "\n".join(value) if all(map(_is_line, value)) else None
    return None


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and "\n" not in value and "\r" not in value


def field_errors(kind: Kind, problems: Sequence[Problem], frame: Frame) -> list[FieldError]:
    """What is wrong, each with the title that people read."""
    titles = {field.name: field.title for field in fields(kind, frame)}
    phrase = words("problems")["detail"]["wrong_field"]
    return [
        FieldError(
            field=f"fields.{one.field}",
            message=phrase.format(value=titles.get(one.field, one.field), problem=one.text),
        )
        for one in problems
    ]
