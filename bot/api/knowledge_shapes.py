"""Request and answer shapes of /knowledge."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from bot.admin.changing import LONGEST_NOTE
from bot.api.knowledge_fields import FieldType, Values
from bot.api.schemas import Strict
from knowledge.editing.kinds import Kind
from knowledge.editing.versions import Deed

Mark = Literal["draft", "overdue", "unread", "unverified", "verified", "hidden", "archived"]
LARGEST = 10**9
MOST_FIELDS = 300  # far more than any kind has: each unknown one would be named in the answer
# neither true nor "1": whoever sends those has seen another thing than a version
Number = Annotated[int, Field(ge=0, le=LARGEST, strict=True)]
Given = Annotated[Values, Field(max_length=MOST_FIELDS)]


class Seen(Strict):
    """The published version that was looked at; 0: never published. Another one now: 409."""

    version: Number


class DraftSeen(Seen):
    """`revision`: of the draft that was looked at; 0: there was none."""

    revision: Number = 0


class DraftRequest(DraftSeen):
    """Fields that are not named stay as they were; null or an empty text empties one."""

    fields: Given


class NewRequest(Strict):
    """The same `mark` twice makes one thing."""

    fields: Given
    mark: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")] | None = None


class ArchiveRequest(Seen):
    note: Annotated[str, StringConstraints(max_length=LONGEST_NOTE)] = ""


class RollBackRequest(Seen):
    """`to`: the number of the version that is published again."""

    to: Number


class KindShape(BaseModel):
    id: Kind
    name: str


class KindsAnswer(BaseModel):
    """`may_publish`: the member may also publish, archive, restore and roll back."""

    kinds: list[KindShape]
    may_publish: bool


class ChoiceShape(BaseModel):
    value: str | bool
    name: str


class FieldShape(BaseModel):
    """How a field is called and written; `choices` is null where anything may be written."""

    name: str
    title: str
    help: str
    type: FieldType
    needed: bool
    longest: int
    choices: list[ChoiceShape] | None


class FieldsAnswer(BaseModel):
    fields: list[FieldShape]


class DraftRow(BaseModel):
    """`outdated`: another version came out since it was begun."""

    revision: int
    by: str
    at: str
    outdated: bool


class DraftShape(DraftRow):
    fields: Values


class EntryRow(BaseModel):
    id: str
    title: str
    city: str | None
    states: list[Mark]
    version: int
    draft: DraftRow | None


class EntriesAnswer(BaseModel):
    """`next` goes into `after`; null: that was all."""

    entries: list[EntryRow]
    next: str | None


class WrongField(BaseModel):
    """`stops`: it cannot be published like that."""

    field: str
    message: str
    stops: bool


class EntryShape(EntryRow):
    """`fields`: what is published; `problems`: of the draft, else of what is published."""

    kind: Kind
    fields: Values | None
    draft: DraftShape | None
    checked_by: str | None
    checked_at: str | None
    problems: list[WrongField]


class ChangeShape(BaseModel):
    """What a version says otherwise than the one before, line by line."""

    title: str
    gone: list[str]
    come: list[str]


class VersionShape(BaseModel):
    number: int
    deed: Deed
    by: str
    at: str | None
    note: str | None
    fields: Values
    changes: list[ChangeShape]


class HistoryAnswer(BaseModel):
    versions: list[VersionShape]


class FindingShape(BaseModel):
    """`wrong`: it is so today; the others are work to plan."""

    kind: str
    where: str
    what: str
    wrong: bool


class ShareShape(BaseModel):
    """How many of a kind of row nobody has verified."""

    name: str
    unverified: int
    rows: int


class CheckAnswer(BaseModel):
    findings: list[FindingShape]
    unverified: list[ShareShape]
