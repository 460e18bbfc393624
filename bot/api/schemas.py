"""Request and answer shapes of the public API, as docs/api.md says them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints
from pydantic_core import PydanticCustomError

from bot.engine_client import LONGEST_TEXT
from knowledge.text import storable, visible

Text = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]
Latitude = Annotated[FiniteFloat, Field(ge=-90, le=90)]
Longitude = Annotated[FiniteFloat, Field(ge=-180, le=180)]
CityName = Annotated[str, StringConstraints(min_length=1, max_length=20)]


def written(text: str) -> str:
    """Storable words of which something can be seen. Raises PydanticCustomError: as if empty."""
    kept = storable(text)
    if not visible(kept):
        raise PydanticCustomError("string_too_short", "empty", {"min_length": 1})
    return kept


class Strict(BaseModel):
    """Unknown fields are refused: a misspelt field must not be silently ignored."""

    model_config = ConfigDict(extra="forbid")


class TriageRequest(Strict):
    text: Text
    city: CityName | None = None


class BatchRequest(Strict):
    texts: Annotated[list[Text], Field(min_length=1, max_length=1000)]
    city: CityName | None = None


class Label(BaseModel):
    id: str
    name: str
    confidence: float


class Urgent(BaseModel):
    flag: bool
    kind: str
    evidence: list[str]


class Party(BaseModel):
    """For whom it is asked."""

    id: str
    name: str


class Trouble(BaseModel):
    """One of two troubles told in one text."""

    text: str
    service: str
    matter: str


class RegionNames(BaseModel):
    region_id: str
    city: str
    county: str | None
    town: str | None
    village: str | None


class MediationShape(BaseModel):
    """One kind of mediation, and who sits where."""

    kind: str
    link: str | None
    where: str
    how: str
    source: str | None


class CitedShape(BaseModel):
    """A piece of a citation; `url` is the page of the article that it names."""

    text: str
    url: str | None


class DueShape(BaseModel):
    """The last day of a limit, from a day that the text says."""

    model_config = ConfigDict(populate_by_name=True)

    from_: Annotated[str, Field(alias="from")]
    last_day: str
    moved: bool
    announced: bool
    days_left: int
    standing: Literal["running", "soon", "over"]
    certain: bool


class LimitShape(BaseModel):
    """One time limit behind a desk: by when what has to be done, counted from what."""

    id: str
    act: str
    starts: str
    text: str
    exception: str | None
    source: str
    due: DueShape | None


class ReferralShape(BaseModel):
    service: str
    name: str
    desk: str
    why: str
    source: str | None
    cited: list[CitedShape]
    deadline: str | None
    party: str | None
    otherwise: str | None
    mediation: list[MediationShape]
    limits: list[LimitShape]


class TriageAnswer(BaseModel):
    services: list[Label]
    matters: list[Label]
    urgent: Urgent
    party: Party
    troubles: list[Trouble]
    in_scope: bool
    regions: list[RegionNames]
    referrals: list[ReferralShape]


class BatchAnswer(BaseModel):
    results: list[TriageAnswer]


class Resolved(RegionNames):
    method: Literal["name", "alias", "fuzzy", "boundary", "nearest_point"]


class PersonShape(BaseModel):
    """Somebody at the place whom residents may know by name."""

    name: str
    role: str
    organisation: str | None
    phone: str | None
    verified: bool


class PlaceShape(BaseModel):
    id: str
    name: str
    kind: str
    level: str
    region_id: str
    county: str | None
    town: str | None
    services: list[str]
    address: str | None
    phone: str | None
    hours: str | None
    hours_exceptions: str | None
    open_now: bool | None
    opens_next: str | None
    accessibility: str | None
    lat: float | None
    lng: float | None
    approximate: bool
    distance_km: float | None
    travel_minutes: int | None
    map_url: str
    verified: bool
    source: str
    as_of: str
    people: list[PersonShape]


class OnlineShape(BaseModel):
    name: str
    url: str | None
    what: str
    verified: bool
    source: str


class FaqMaterial(BaseModel):
    name: str
    required: Literal["needed", "have_it_bring_it"]


class ArticleShape(BaseModel):
    law: str
    article: str
    url: str | None


class FaqShape(BaseModel):
    """An answer that can be checked; `read` says whether somebody else read it, `city` whether
    something is different there."""

    id: str
    title: str
    answer: str
    steps: list[str]
    materials: list[FaqMaterial]
    fee: str | None
    takes: str | None
    services: list[str]
    matters: list[str]
    score: float
    citations: list[ArticleShape]
    source: str | None
    cited: list[CitedShape]
    effective_from: str
    review_by: str
    overdue: bool
    verified: bool
    read: bool
    city: str | None
    city_text: str | None
    city_source: str | None
    url: str


class FaqAnswer(BaseModel):
    """Likeliest first; `known` false: below the floor, better ask a person; `danger`: first 110,
    there is nothing to read."""

    items: list[FaqShape]
    known: bool
    danger: bool


class PlacesAnswer(BaseModel):
    resolved: Resolved | None
    ambiguous: list[RegionNames]
    outside: bool
    places: list[PlaceShape]
    online: list[OnlineShape]


class SessionRequest(Strict):
    city: CityName | None = None
    place: Annotated[str, StringConstraints(max_length=80)] | None = None


class SessionAnswer(BaseModel):
    session: str
    notice: str


class OpenSession(Strict):
    """An open conversation's token; without one, the cookie's."""

    session: Annotated[str, StringConstraints(max_length=64)] | None = None


class JoinedSession(SessionAnswer):
    city: str


class Location(Strict):
    lat: Latitude
    lng: Longitude


class ChatMessage(Strict):
    """`id` is the client's own, for deduplication; then exactly one of the three."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    text: Text | None = None
    choice: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = None
    location: Location | None = None


class ChatRequest(OpenSession):
    message: ChatMessage


class Choice(BaseModel):
    title: str
    value: str


class BotMessage(BaseModel):
    id: str
    text: str
    choices: list[Choice]
    cards: list[dict[str, Any]]
    author: Literal["bot", "operator", "system"]
    author_name: str | None
    at: str


class TicketShape(BaseModel):
    number: str
    number_shown: str
    queue_position: int | None


class ChatAnswer(BaseModel):
    messages: list[BotMessage]
    state: Literal["bot", "waiting", "operator", "closed"]
    ticket: TicketShape | None
