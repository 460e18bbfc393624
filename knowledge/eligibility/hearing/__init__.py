"""What a resident types as the answer to one question of the interview.

Every reader accounts for the whole message: a number, its unit, and words that answers are made
of (data/eligibility/hearing.yml). When more than one character stays unknown, or a word
belongs to a new matter, the message is no answer and the reader says None: a cry for help
or another question must reach the triage instead of becoming a number.

words → numerals → tokens cut a message up; answers, age, people,
money and asides are the readers.
"""

from __future__ import annotations

from knowledge.eligibility.hearing.age import hear_age
from knowledge.eligibility.hearing.answers import (
    Unsure,
    hear_area,
    hear_choice,
    hear_unsure,
    hear_yes_no,
)
from knowledge.eligibility.hearing.asides import Aside, hear_aside, hear_correction
from knowledge.eligibility.hearing.money import Money, Period, hear_money
from knowledge.eligibility.hearing.people import hear_count

__all__ = [
    "Aside",
    "Money",
    "Period",
    "Unsure",
    "hear_age",
    "hear_area",
    "hear_aside",
    "hear_choice",
    "hear_correction",
    "hear_count",
    "hear_money",
    "hear_unsure",
    "hear_yes_no",
]
