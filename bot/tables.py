"""Tables owned by `bot`: conversations, what came in, what goes out, tickets, ratings.

Every time is naive UTC. A resident's own identity is never a column: a web conversation is known by
the digest of its token, another channel's by the address that channel gives us.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    UniqueConstraint,
    and_,
    text,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from knowledge.tables import NAMING

# SQLite counts up by itself only in a column that is exactly INTEGER
BigId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Tables owned by `bot`."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {dict[str, Any]: JSON(none_as_null=True)}  # noqa: RUF012


class Conversation(Base):
    """One resident's conversation, and the little that must be known between two messages."""

    __tablename__ = "conversation"
    __table_args__ = (UniqueConstraint("channel", "address"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    # web: digest of the session token; null once the resident has left. telegram: the chat's id
    address: Mapped[str | None]
    city_id: Mapped[str]
    # the place whose code the resident scanned, if any
    region_id: Mapped[str | None]
    state: Mapped[str] = mapped_column(index=True)
    # number of the last message
    seq: Mapped[int]
    # the trouble's open ticket, if there is one
    ticket_id: Mapped[int | None] = mapped_column(BigId)
    # what the actions understood last: service, matter, urgent, region, trouble, ranking
    understood: Mapped[dict[str, Any] | None]
    # times in a row that we did not understand
    misunderstood: Mapped[int]
    # the question of ours that is open (bot.gateway.states.Awaiting)
    awaiting: Mapped[dict[str, Any] | None]
    # what the engine has still to be told before its next turn: slots, by name
    untold: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    # the resident's last message
    last_at: Mapped[datetime] = mapped_column(index=True)

    @classmethod
    def begun(
        cls,
        id_: str,
        *,
        channel: str,
        address: str | None,
        city_id: str,
        region_id: str | None,
        state: str,
        now: datetime,
        understood: dict[str, Any] | None = None,
    ) -> Conversation:
        """A new one, in which nothing has been said."""
        return cls(
            id=id_,
            channel=channel,
            address=address,
            city_id=city_id,
            region_id=region_id,
            state=state,
            seq=0,
            ticket_id=None,
            understood=understood,
            misunderstood=0,
            awaiting=None,
            untold=None,
            created_at=now,
            last_at=now,
        )

    @classmethod
    def at(cls, channel: str, address: str | None) -> ColumnElement[bool]:
        """The one conversation at a channel's address, as a condition."""
        return and_(cls.channel == channel, cls.address == address)


class Inbox(Base):
    """What came in, kept before anything else happens to it; handled once, in order of `id`."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("conversation_id", "channel_message_id"),
        Index(
            "ix_inbox_open",
            "conversation_id",
            sqlite_where=text("answered_at IS NULL"),
            postgresql_where=text("answered_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    # the channel's own id of this message
    channel_message_id: Mapped[str]
    body: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    # who is answering it, and until when the others keep their hands off
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    # answered | apologised | relayed | kept (bot.gateway.states.Handled)
    handled: Mapped[str | None]


class Message(Base):
    """What was said, by whom: the transcript, and what every open page is fed from."""

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("conversation_id", "seq"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    # counts up by one within a conversation
    seq: Mapped[int]
    # resident | bot | operator | system
    author: Mapped[str]
    # the operator's display name
    author_name: Mapped[str | None]
    # text, choices, cards; of a resident also choice, location, media
    body: Mapped[dict[str, Any]]
    # the inbound message that it is, or that it answers
    inbox_id: Mapped[int | None] = mapped_column(BigId, index=True)
    # an operator's own id of it, so that a second click says it once
    client_id: Mapped[str | None]
    created_at: Mapped[datetime]


class Transition(Base):
    """Every change of a conversation's state: when, why, by whom."""

    __tablename__ = "transition"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversation.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime]
    before: Mapped[str]
    after: Mapped[str]
    cause: Mapped[str]
    # resident | bot | system | an operator's user name
    actor: Mapped[str]


class Outbox(Base):
    """What a channel that must be called has still to deliver; the web reads `message` itself."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_due",
            "channel",
            "id",
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversation.id", ondelete="CASCADE"), index=True
    )
    message_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("message.id", ondelete="CASCADE"), index=True
    )
    channel: Mapped[str]
    attempts: Mapped[int]
    next_try_at: Mapped[datetime]
    error: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    # sent | dead | blocked
    settled: Mapped[str | None]


class Ticket(Base):
    """话务工单: one a trouble. Its number is the only one that a resident sees."""

    __tablename__ = "ticket"
    # who waits before one, counted without reading a row
    __table_args__ = (Index("ix_ticket_queue", "state", "city_id", "urgent", "waiting_since"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    # null when the conversation has been deleted after its time
    conversation_id: Mapped[str | None] = mapped_column(
        ForeignKey("conversation.id", ondelete="SET NULL"), index=True
    )
    channel: Mapped[str]
    city_id: Mapped[str]
    region_id: Mapped[str | None]
    service: Mapped[str | None]
    matter: Mapped[str | None]
    urgent: Mapped[str]
    # whether anybody has looked how urgent it is; false: "none" only says that nobody knows
    urgent_judged: Mapped[bool] = mapped_column(default=True, server_default=true())
    # the resident's own words
    trouble: Mapped[str]
    summary: Mapped[list[str]] = mapped_column(JSON)
    # waiting | taken | open | closed (bot.tickets.states.TicketState)
    state: Mapped[str] = mapped_column(index=True)
    opened_at: Mapped[datetime] = mapped_column(index=True)
    # since when the resident waits for a person; null when nobody waits
    waiting_since: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    # a named duty desk, or a person's account: never nobody
    owner_desk: Mapped[str | None]
    owner_id: Mapped[str | None] = mapped_column(index=True)
    owner_name: Mapped[str | None]
    # 首问负责: who was asked first answers for it through every transfer, until a desk accepts
    responsible_desk: Mapped[str | None]
    responsible_id: Mapped[str | None]
    responsible_name: Mapped[str | None]
    # since when somebody first waited for a person, and when a person first answered
    queued_at: Mapped[datetime | None]
    first_reply_at: Mapped[datetime | None]
    # the operator to whom it is offered just now, since when, and who has let it pass
    offered_to: Mapped[str | None] = mapped_column(index=True)
    offered_at: Mapped[datetime | None]
    passed_by: Mapped[list[str]] = mapped_column(JSON)
    # the colleague who has been asked for a second opinion
    second_id: Mapped[str | None] = mapped_column(index=True)
    second_name: Mapped[str | None]
    escalated_at: Mapped[datetime | None]
    # put aside until then
    suspended_until: Mapped[datetime | None]
    # the ticket that goes on in place of this one
    merged_into: Mapped[int | None] = mapped_column(BigId)
    outcome: Mapped[str | None]
    outcome_note: Mapped[str | None]
    # for whom it is asked (taxonomy: parties), and against whom
    party: Mapped[str | None]
    opponent: Mapped[str | None] = mapped_column(index=True)
    # the legal-aid screening: outcome, facts, articles, missing, rules_version, day
    screening: Mapped[dict[str, Any] | None]
    # only after the resident's second yes
    contact: Mapped[str | None]
    contact_at: Mapped[datetime | None]
    # whether it is safe to call there; null: not asked
    contact_safe: Mapped[bool | None]
    # when the resident agreed that their trouble is passed on to a desk
    consent_at: Mapped[datetime | None]
    # number of the last message that its owner has seen
    seen_seq: Mapped[int]


class TicketEvent(Base):
    """What happened to a ticket: opened, taken, handed back, noted, closed, rated."""

    __tablename__ = "ticket_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("ticket.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime]
    kind: Mapped[str]
    text: Mapped[str | None]
    # resident | bot | system | an operator's user name
    actor: Mapped[str]


class FaqVote(Base):
    """有帮助 / 没帮助 under an answer, once a conversation and item."""

    __tablename__ = "faq_vote"
    __table_args__ = (UniqueConstraint("conversation_id", "item_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    # null once the conversation is deleted: the vote stays
    conversation_id: Mapped[str | None] = mapped_column(
        ForeignKey("conversation.id", ondelete="SET NULL")
    )
    item_id: Mapped[str] = mapped_column(index=True)
    helpful: Mapped[bool]
    at: Mapped[datetime]


class Rating(Base):
    """一单一评、一事一评: offered at every ending, answered at most once."""

    __tablename__ = "rating"

    id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str | None] = mapped_column(
        ForeignKey("conversation.id", ondelete="SET NULL"), index=True
    )
    ticket_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("ticket.id", ondelete="CASCADE"), index=True
    )
    city_id: Mapped[str]
    # what ended: bot | person | phone | counter | slip
    ending: Mapped[str]
    # 实体 window | 热线 hotline | 网络 network
    platform: Mapped[str]
    offered_at: Mapped[datetime]
    # satisfied | fair | dissatisfied
    score: Mapped[str | None]
    rated_at: Mapped[datetime | None] = mapped_column(index=True)


class UnansweredQuestion(Base):
    """A question that no answer of ours fits, masked, for whoever writes the answers.

    It names no conversation, and its time is a whole hour: nobody finds out who asked.
    """

    __tablename__ = "unanswered_question"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    city_id: Mapped[str]
    matter: Mapped[str | None]
    service: Mapped[str | None]
    # masked, at most 200 characters (bot.unanswered.masking)
    text: Mapped[str]
    # chat | page | api (bot.unanswered.asked.Door)
    door: Mapped[str]
    settled_at: Mapped[datetime | None]
    # user name of who settled it
    settled_by: Mapped[str | None]
