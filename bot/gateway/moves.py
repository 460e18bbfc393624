"""Which inbound messages the gateway answers itself, and which are the engine's: pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import phonenumbers

from bot.gateway.inbound import PERSON, Inbound
from bot.gateway.phrases import Phrase, recognise
from bot.gateway.states import State
from bot.tickets.number import find_number, is_number

FEWEST_PHONE_DIGITS = 5
CHINA_CODE = 86
WORDS_BESIDE_A_NUMBER = 12


class Awaiting(StrEnum):
    """The open question of ours that a message may be the answer to."""

    person = "person"  # shall a person help?
    number = "number"  # which ticket?
    contact = "contact"  # which telephone number?
    contact_yes = "contact_yes"  # shall this number be kept?
    call_safe = "call_safe"  # is it safe to call there?
    message = "message"  # what shall the operators read?
    interview = "interview"  # the engine's own question of a legal-aid interview
    # a complaint, or what was not good (bot.follow_ups.complaining)
    own_words = "own_words"


class Move(StrEnum):
    """What a resident does that needs no understanding."""

    person = "person"
    back = "back"
    cancel = "cancel"
    restart = "restart"
    not_this = "not_this"
    ticket = "ticket"
    progress = "progress"
    lookup = "lookup"
    contact = "contact"
    contact_number = "contact_number"
    contact_yes = "contact_yes"
    contact_no = "contact_no"
    forget_contact = "forget_contact"
    callback = "callback"
    call_safe = "call_safe"
    call_unsafe = "call_unsafe"
    cancel_callback = "cancel_callback"
    write_down = "write_down"
    rate = "rate"
    helpful = "helpful"
    complain = "complain"
    choose_city = "choose_city"
    change_city = "change_city"
    media = "media"
    small_talk = "small_talk"
    relay = "relay"  # a person holds the conversation


# what a button of ours may say: do:<verb>
TAPPED = frozenset(
    {
        Move.person, Move.back, Move.cancel, Move.restart, Move.ticket, Move.progress,
        Move.contact, Move.contact_yes, Move.contact_no, Move.change_city,
        Move.call_safe, Move.call_unsafe, Move.cancel_callback, Move.write_down,
    }
)  # fmt: skip
# buttons that work also while a person holds the conversation
BESIDE_A_PERSON = frozenset(
    {
        Move.contact,
        Move.contact_number,
        Move.contact_yes,
        Move.contact_no,
        Move.cancel_callback,
        Move.choose_city,
        Move.rate,
        Move.helpful,
        Move.progress,
    }
)
# words of a complaint that told of a danger, in a message that the person did not see
KEEPS_A_COMPLAINT = "complain:keep"
_BY_PHRASE = {
    Phrase.person: Move.person,
    Phrase.back: Move.back,
    Phrase.cancel: Move.cancel,
    Phrase.restart: Move.restart,
    Phrase.not_this: Move.not_this,
    Phrase.ticket: Move.ticket,
    Phrase.progress: Move.progress,
    Phrase.contact: Move.contact,
    Phrase.forget_contact: Move.forget_contact,
    Phrase.cancel_callback: Move.cancel_callback,
    Phrase.change_city: Move.change_city,
}
_ANSWERS: dict[Awaiting | None, frozenset[Phrase]] = {
    # short words that answer a question of the interview: "没有了", "是的", "算了"
    Awaiting.interview: frozenset({Phrase.okay, Phrase.not_this, Phrase.cancel, Phrase.goodbye}),
    # "答非所问" says what was not good
    Awaiting.own_words: frozenset({Phrase.not_this}),
}
_NO_MORE_WAITING = frozenset({Phrase.cancel, Phrase.restart})
# short words that mean something only as an answer to "is it safe to call there?"
_OF_CALLS = frozenset({Phrase.safe, Phrase.unsafe})
_NO = frozenset({Phrase.cancel, Phrase.not_this, Phrase.goodbye})


def own_move(state: State, awaiting: dict[str, Any] | None, inbound: Inbound) -> Move | None:
    """The gateway's own answer to a message; None: the engine is asked."""
    move = _move(awaiting, inbound)
    if state is State.operator:
        tapped = inbound.choice is not None or move is Move.contact_number
        answered = move in BESIDE_A_PERSON or inbound.choice == KEEPS_A_COMPLAINT
        return move if tapped and answered else Move.relay
    if state is State.waiting and inbound.text and recognise(inbound.text) in _NO_MORE_WAITING:
        question = _question(awaiting)
        if question is Awaiting.call_safe:
            return Move.call_unsafe
        if question in _WORDS_OF_THEIRS:  # not written after all; still in line
            return Move.cancel
        return Move.contact_no if question in _CONTACT else Move.back
    return move


_CONTACT = (Awaiting.contact, Awaiting.contact_yes)
_WORDS_OF_THEIRS = (Awaiting.own_words, Awaiting.message, Awaiting.number)


def _move(awaiting: dict[str, Any] | None, inbound: Inbound) -> Move | None:
    if inbound.media:
        return Move.media
    if inbound.choice:
        return _tapped(inbound)
    if inbound.text is None:
        return None
    phrase = recognise(inbound.text)
    if phrase in _ANSWERS.get(_question(awaiting), ()):
        return None
    answered = _answer_to(_question(awaiting), phrase, inbound.text)
    if answered:
        return answered
    number = find_number(inbound.text)
    if number and is_number(number) and _little_else(inbound.text):
        return Move.lookup
    if phrase is None or phrase in _OF_CALLS:
        return None
    return _BY_PHRASE.get(phrase, Move.small_talk)


def _tapped(inbound: Inbound) -> Move | None:
    kind, value = inbound.tap
    if inbound.choice == PERSON:
        return Move.person
    if kind == "do":
        return Move(value)
    return {
        "rate": Move.rate,
        "helpful": Move.helpful,
        "complain": Move.complain,
        "city": Move.choose_city,
        "callback": Move.callback,
    }.get(kind)


def _question(awaiting: dict[str, Any] | None) -> Awaiting | None:
    return Awaiting(awaiting["question"]) if awaiting else None


def _answer_to(question: Awaiting | None, phrase: Phrase | None, text: str) -> Move | None:
    """A message that answers our question; anything else is a message like any other.

    So nobody is caught in a form: who writes "他又打我" where a number was asked is heard.
    """
    if question is Awaiting.person and phrase is Phrase.okay:
        return Move.person
    if question is Awaiting.number and find_number(text):
        return Move.lookup
    if question is Awaiting.call_safe:
        if phrase in (Phrase.okay, Phrase.safe):
            return Move.call_safe
        # whoever hesitates is not called
        return Move.call_unsafe if phrase in _NO or phrase is Phrase.unsafe else None
    if question in _CONTACT:
        if phrase in _NO:
            return Move.contact_no
        if question is Awaiting.contact_yes and phrase is Phrase.okay:
            return Move.contact_yes
        number = find_number(text)
        digits = sum(letter.isdigit() for letter in text)
        meant = digits >= FEWEST_PHONE_DIGITS and not (number and is_number(number))
        if meant and _little_else(text):
            return Move.contact_number
    return None


def _little_else(text: str) -> bool:
    """Besides its digits a message says hardly anything: nobody's danger is hidden in it."""
    return sum(letter.isalpha() for letter in text) <= WORDS_BESIDE_A_NUMBER


def phone_in(text: str) -> str | None:
    """The first telephone number of a text, as people in China write it; None: there is none.

    One of another country, or of Hong Kong or Macau, keeps its code: without it nobody could call.
    """
    for found in phonenumbers.PhoneNumberMatcher(text, "CN"):
        here = found.number.country_code == CHINA_CODE
        form = phonenumbers.PhoneNumberFormat
        return phonenumbers.format_number(
            found.number, form.NATIONAL if here else form.INTERNATIONAL
        )
    return None
