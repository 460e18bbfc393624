"""Which desks, in which order, and why: pure rules over data, no opinion and no promise.

A trouble is a service, a matter, and the words it was told in. The words decide between the
situations of a matter (an injury at work, an award in hand), and name the partner desks of those
whom they tell of (a veteran, a village committee).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.catalogue import Catalogue, Citation, MediationDoor, PartnerDesk, ReferralRule
from knowledge.china import today as china_today
from knowledge.citing import cite, cite_plan
from knowledge.text import normalise
from knowledge.time_limits.limits import TimeLimit
from knowledge.wording import wording

AT_MOST = 5
PARTNERS_AT_MOST = 2
# where partner desks stand in the list: behind the first desk of the trouble itself
BEHIND_FIRST = 1
# below this the matter is a guess, and only the general desks are named
SURE_OF_MATTER = 0.25
CONSULTATION = "legal_consultation"
MEDIATION = "peoples_mediation"
PARTNER = "other_government"
EVERYWHERE = "everywhere"
NOT_A_DESK = frozenset({CONSULTATION, "find_place", "human_handoff", "nlu_fallback"})


@dataclass(frozen=True)
class Trouble:
    """What was understood: service, matter with its sureness, kind of urgency, and the words."""

    service: str
    matter: str | None
    confidence: float
    urgent: str = "none"
    said: str = ""

    @property
    def known_matter(self) -> str | None:
        """The matter, when it is more than a guess."""
        return self.matter if self.confidence >= SURE_OF_MATTER else None


@dataclass(frozen=True)
class Referral:
    """One desk for this trouble: `source` names law + article or plan, `deadline` a time limit.

    `doors`: who mediates where; `limits`: the time limits behind this desk; `otherwise`: the next
    best when it does not fit; `rule`: the rule or partner desk that named it, None: its service.
    """

    service: str
    name: str
    desk: str
    why: str
    source: str | None
    party: str | None = None
    otherwise: str | None = None
    doors: tuple[MediationDoor, ...] = ()
    limits: tuple[TimeLimit, ...] = ()
    rule: str | None = None

    @property
    def deadline(self) -> str | None:
        """The first limit in words."""
        return limit_in_words(self.limits[0]) if self.limits else None


def limit_in_words(limit: TimeLimit) -> str:
    """The limit with its article, and its exception where there is one."""
    text = wording()["deadline_exception" if limit.exception else "deadline"]
    return str(text.format(text=limit.text, basis=limit.basis, exception=limit.exception))


def refer(
    catalogue: Catalogue, city_id: str, trouble: Trouble, today: date | None = None
) -> list[Referral]:
    """The ordered desks for one trouble in one city; empty only for what is out of scope.

    `today` decides which plans have ended; without it, today in China.
    """
    return _Desks(catalogue, city_id, trouble, today or china_today()).ordered()


def situations(catalogue: Catalogue, matter: str | None, said: str) -> tuple[str, ...]:
    """The situations that the words tell of: those of every matter first, then the matter's own."""
    plain = normalise(said)
    return tuple(
        situation.id
        for group in (EVERYWHERE, matter)
        for situation in catalogue.situations.get(group or "", ())
        if _told(plain, situation.heard, situation.unless)
    )


@dataclass(frozen=True)
class _Desks:
    """The making of one list."""

    catalogue: Catalogue
    city_id: str
    trouble: Trouble
    today: date

    def ordered(self) -> list[Referral]:
        service = self.trouble.service
        if service == "out_of_scope":
            return []
        if service == PARTNER:
            return [*self._partners(), self._by_itself(service)][:AT_MOST]
        matter = self.trouble.known_matter or "general"
        heard = situations(self.catalogue, matter, self.trouble.said)
        fitting = self._fitting(matter, heard)
        asked = service not in NOT_A_DESK and not self._excluded(matter, service, fitting, heard)
        first, rest = self._split(fitting, service if asked else None, heard)
        desks = [self._from_rule(rule, heard) for rule in first]
        if asked and not any(referral.service == service for referral in desks):
            desks.append(self._by_itself(service))
            if all(rule.service_id != service for rule in rest):
                # this matter's desks say nothing about the one that was asked for
                rest = [rule for rule in rest if _general(rule)]
        consultation = [rule for rule in rest if rule.service_id == CONSULTATION][-1:]
        others = [rule for rule in rest if rule.service_id != CONSULTATION]
        partners = self._partners()
        room = AT_MOST - 1 - len(desks) - len(partners)
        kept = [self._from_rule(rule, heard) for rule in _most_telling(others, room)]
        desks = _without_repeats([*desks, *kept])
        desks[BEHIND_FIRST:BEHIND_FIRST] = partners
        last = [self._from_rule(rule, heard) for rule in consultation]
        last = last or [self._by_itself(CONSULTATION)]
        if any(referral.service == CONSULTATION for referral in desks):
            last = []
        return [*desks[: AT_MOST - len(last)], *last]

    def _fitting(self, matter: str, heard: tuple[str, ...]) -> list[ReferralRule]:
        """The rules for this city and these situations, in the order of the files."""
        return [
            rule
            for rule in (
                *self.catalogue.rules.get(matter, ()),
                *self.catalogue.rules.get(EVERYWHERE, ()),
            )
            if (not rule.cities or self.city_id in rule.cities)
            and (not rule.situations or _any(rule.situations, heard))
            and not _any(rule.not_in, heard)
        ]

    def _excluded(
        self,
        matter: str,
        service: str,
        fitting: Sequence[ReferralRule],
        heard: tuple[str, ...],
    ) -> bool:
        """The desk asked for is one that this situation is past: its award is in hand already."""
        every = (*self.catalogue.rules.get(matter, ()), *self.catalogue.rules.get(EVERYWHERE, ()))
        past = any(rule.service_id == service and _any(rule.not_in, heard) for rule in every)
        return past and all(rule.service_id != service for rule in fitting)

    def _split(
        self, rules: Sequence[ReferralRule], asked: str | None, heard: tuple[str, ...]
    ) -> tuple[list[ReferralRule], list[ReferralRule]]:
        """The rules of the desk asked for, the urgent ones first among the rest."""
        urgent = self.trouble.urgent
        first = [rule for rule in rules if rule.service_id == asked]
        first.sort(key=lambda rule: (urgent not in rule.first_when_urgent,
                                     not _any(rule.first_in, heard)))  # fmt: skip
        rest = [
            rule
            for rule in rules
            if rule not in first and not rule.only_when_asked and self._fits_danger(rule)
        ]
        rest.sort(key=lambda rule: (urgent not in rule.first_when_urgent,
                                    not _any(rule.first_in, heard)))  # fmt: skip
        return first, rest

    def _fits_danger(self, rule: ReferralRule) -> bool:
        service = self.catalogue.services[rule.service_id]
        return self.trouble.urgent not in service.not_when_urgent

    def _partners(self) -> list[Referral]:
        plain = normalise(self.trouble.said)
        found = [
            self._from_partner(partner)
            for partner in self.catalogue.partners
            if (not partner.matters or self.trouble.known_matter in partner.matters)
            and (not partner.cities or self.city_id in partner.cities)
            and _told(plain, partner.heard, partner.unless)
        ]
        return found[:PARTNERS_AT_MOST]

    def _doors(self, heard: tuple[str, ...]) -> tuple[MediationDoor, ...]:
        matter = self.trouble.known_matter
        return tuple(
            door
            for door in self.catalogue.doors
            if (not door.matters or matter in door.matters)
            and (not door.cities or self.city_id in door.cities)
            and (not door.situations or _any(door.situations, heard))
            and self.trouble.urgent not in door.not_when_urgent
        )

    def _from_rule(self, rule: ReferralRule, heard: tuple[str, ...]) -> Referral:
        service = self.catalogue.services[rule.service_id]
        return Referral(
            service=service.id,
            name=service.name,
            desk=rule.desk or service.name,
            why=rule.why,
            source=self._source(rule.citations, service.id),
            party=rule.party,
            otherwise=rule.otherwise,
            doors=self._doors(heard) if service.id == MEDIATION else (),
            limits=self._limits(rule.limits),
            rule=rule.id,
        )

    def _by_itself(self, service_id: str) -> Referral:
        """A desk of which the matter's rules say nothing."""
        service = self.catalogue.services[service_id]
        return Referral(
            service=service.id,
            name=service.name,
            desk=service.name,
            why=service.why,
            source=self._source(service.citations, service_id),
            doors=self._doors(()) if service_id == MEDIATION else (),
            limits=self._limits(service.limits),
        )

    def _from_partner(self, partner: PartnerDesk) -> Referral:
        service = self.catalogue.services[PARTNER]
        source = cite(self.catalogue, self.city_id, partner.citations, self.today.year)
        return Referral(
            service.id, partner.desk, partner.desk, partner.why, source, rule=partner.id
        )

    def _source(self, citations: Sequence[Citation], service_id: str) -> str | None:
        source = cite(self.catalogue, self.city_id, citations, self.today.year)
        if source:
            return source
        plan = self.catalogue.plans.get((self.city_id, service_id))
        return cite_plan(plan, self.today.year) if plan else None

    def _limits(self, ids: Iterable[str]) -> tuple[TimeLimit, ...]:
        return tuple(self.catalogue.limits[id_] for id_ in ids)


def _told(plain: str, heard: Iterable[re.Pattern[str]], unless: Iterable[re.Pattern[str]]) -> bool:
    return any(pattern.search(plain) for pattern in heard) and not any(
        pattern.search(plain) for pattern in unless
    )


def _any(wanted: Iterable[str], heard: Iterable[str]) -> bool:
    return not set(wanted).isdisjoint(heard)


def _general(rule: ReferralRule) -> bool:
    return not rule.situations


def _most_telling(rules: Sequence[ReferralRule], room: int) -> list[ReferralRule]:
    """At most `room` rules in their order; what the situation adds is not pushed out by what is
    always said, unless that stands first."""
    kept = list(rules)
    while len(kept) > max(room, 0):
        general = [rule for rule in kept[1:] if _general(rule)]
        kept.remove(general[-1] if general else kept[-1])
    return kept


def _without_repeats(referrals: Iterable[Referral]) -> list[Referral]:
    kept: dict[tuple[str, str], Referral] = {}
    for referral in referrals:
        kept.setdefault((referral.service, referral.desk), referral)
    return list(kept.values())
