"""The figures of a set of texts: how the answers compare with what a careful reader says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.understanding.answers import REQUESTS, Answer, Ranking
from bench.understanding.measures import (
    Bin,
    OfClass,
    Share,
    calibration_error,
    classes,
    confusions,
    macro,
    reliability,
    share,
)
from bench.understanding.texts import Text

CONSULTATION = "legal_consultation"
STRANGE = "out_of_scope"


@dataclass(frozen=True)
class Axis:
    """One axis, service or matter: the right label and the ranking of each text."""

    gold: list[str]
    rankings: list[Ranking]

    @property
    def said(self) -> list[str]:
        return [ranking[0][0] for ranking in self.rankings]

    def hits(self, at: int) -> Share:
        """How often the right label is among the first `at`."""
        return share(
            [
                wanted in [name for name, _ in ranking[:at]]
                for wanted, ranking in zip(self.gold, self.rankings, strict=True)
            ]
        )

    def classes(self) -> dict[str, OfClass]:
        return classes(self.gold, self.said)

    def confusions(self) -> list[tuple[str, str, int]]:
        return confusions(self.gold, self.said)

    def reliability(self) -> list[Bin]:
        right = [said == wanted for said, wanted in zip(self.said, self.gold, strict=True)]
        return reliability([ranking[0][1] for ranking in self.rankings], right)

    def calibration_error(self) -> float:
        return calibration_error(self.reliability())


@dataclass(frozen=True)
class Figures:
    """Everything that is said of one set."""

    texts: Sequence[Text]
    answers: Sequence[Answer]

    @property
    def service(self) -> Axis:
        return Axis([text.service for text in self.texts], [a.services for a in self.answers])

    @property
    def matter(self) -> Axis:
        """Over the texts whose matter was labelled."""
        pairs = [
            (text.matter, answer.matters)
            for text, answer in zip(self.texts, self.answers, strict=True)
            if text.matter
        ]
        return Axis([matter for matter, _ in pairs], [ranking for _, ranking in pairs])

    @property
    def desks(self) -> float:
        """Recall over the desks other than legal_consultation, each counting the same."""
        apart = {CONSULTATION, STRANGE, *REQUESTS}
        found = self.service.classes()
        return macro([item.recall for name, item in found.items() if name not in apart])

    @property
    def accepted(self) -> Share:
        """Out of scope, and taken for a public matter."""
        pairs = self._services()
        return share([said != STRANGE for gold, said in pairs if gold == STRANGE])

    @property
    def refused(self) -> Share:
        """A public matter, and refused as out of scope."""
        pairs = self._services()
        return share([said == STRANGE for gold, said in pairs if gold != STRANGE])

    @property
    def urgent_found(self) -> Share:
        """Recall of urgency."""
        pairs = zip(self.texts, self.answers, strict=True)
        return share([answer.urgent for text, answer in pairs if text.urgent])

    @property
    def urgent_right(self) -> Share:
        """Precision of urgency."""
        pairs = zip(self.texts, self.answers, strict=True)
        return share([text.urgent for text, answer in pairs if answer.urgent])

    @property
    def party(self) -> Share:
        """For whom it is asked, over the texts where that was labelled."""
        pairs = zip(self.texts, self.answers, strict=True)
        return share([answer.party == text.party for text, answer in pairs if text.party])

    def _services(self) -> list[tuple[str, str]]:
        return list(zip(self.service.gold, self.service.said, strict=True))
