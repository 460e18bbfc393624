"""What the engine hands over, checked before any of it is kept: a misshapen answer is none."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True)


class _Choice(_Shape):
    title: str = Field(min_length=1)
    value: str = Field(min_length=1)


class _Call(_Shape):
    label: str
    number: str


class _Card(_Shape):
    type: str
    tone: str | None = None
    title: str | None = None
    text: str | None = None
    calls: list[_Call] = []


class _Message(_Shape):
    text: str
    choices: list[_Choice] = []
    cards: list[_Card] = []

    @model_validator(mode="after")
    def _says_something(self) -> _Message:
        if not (self.text.strip() or self.cards):
            raise ValueError("empty")
        return self


class _Fact(_Shape):
    fact: str
    name: str
    value: str


class _Screening(_Shape):
    outcome: str
    facts: list[_Fact]
    articles: list[str]
    missing: list[str]
    rules_version: str
    day: str


class _Understood(_Shape):
    service: str | None = None
    matter: str | None = None
    region: str | None = None
    urgent: str = "none"
    evidence: list[str] = []
    party: str | None = None
    sureness: dict[str, list[list[str | float]]] = {}
    trouble: str | None = None
    ranking: list[_Choice] = []
    told: list[str] = []
    screening: _Screening | None = None


_SHAPES: dict[str, TypeAdapter[Any]] = {
    "message": TypeAdapter(_Message),
    "understood": TypeAdapter(_Understood),
}


def well_formed(payload: dict[str, Any]) -> bool:
    """Whether a payload is of a kind, and of that kind's shape; kinds that we do not know pass."""
    kind = payload.get("kind")
    if not isinstance(kind, str):
        return False
    try:
        if kind in _SHAPES:
            _SHAPES[kind].validate_python(payload)
    except ValidationError:
        return False
    return True
