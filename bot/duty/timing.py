"""The clocks of duty as a deployment sets them; none of them is ever shown to a resident."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.settings import Settings


@dataclass(frozen=True)
class Timing:
    """See bot.settings: present_within, offer_seconds, operator_lost, callback_tries,
    session_days.
    """

    present: timedelta = timedelta(seconds=60)
    offer: timedelta = timedelta(seconds=30)
    lost: timedelta = timedelta(seconds=120)
    callback_tries: int = 3
    # after its last message a conversation is deleted, and its ticket ends
    kept: timedelta = timedelta(days=30)

    @classmethod
    def of(cls, settings: Settings) -> Timing:
        """As the settings say."""
        return cls(
            timedelta(seconds=settings.present_within),
            timedelta(seconds=settings.offer_seconds),
            timedelta(seconds=settings.operator_lost),
            settings.callback_tries,
            timedelta(days=settings.session_days),
        )


USUAL = Timing()
