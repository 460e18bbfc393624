"""Is legal aid likely? Facts and rules in, an outcome with its reasons out. Pure.

likely: a route of the law holds by what was said. unlikely: a route fits, but income, assets, a
lawyer of their own or being a company is known to be against it, and nothing leaves it open.
unknown: everything else, with the facts that would tell. A matter that no route names is never
refused: provinces may add to the list (法律援助法第三十一条第九项).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from knowledge.eligibility.conditions import (
    NO,
    YES,
    Answer,
    Condition,
    both,
    certain,
    judge,
    unknown,
)
from knowledge.eligibility.facts import Facts
from knowledge.eligibility.means import FORMULA, judge_means, per_head
from knowledge.eligibility.rules import (
    Material,
    Opening,
    Province,
    Route,
    Rulebook,
    Saying,
    Way,
)
from knowledge.eligibility.standards import Standard, in_force
from knowledge.eligibility.vocabulary import vocabulary

APPLYING = frozenset({Way.application})
_LAW = re.compile(r"^(?P<law>.+?法)第")


class Outcome(StrEnum):
    """What can be said before anybody has applied; never a promise and never a refusal."""

    likely = "likely"
    unlikely = "unlikely"
    unknown = "unknown"


class About(StrEnum):
    """What a reason is about: `basis` decided, `open` is what is not known, `note` goes with it."""

    basis = "basis"
    open = "open"
    note = "note"


@dataclass(frozen=True)
class Reason:
    """One sentence with its article; `effective_from`: the day from which its rule is in force."""

    text: str
    article: str
    source: str
    effective_from: str | None
    verified: bool
    about: About


@dataclass(frozen=True)
class Decision:
    """The outcome, why, and what is still to be asked, in the order of asking."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...]
    materials: tuple[Material, ...]
    objection: Reason
    rules_version: str


@dataclass(frozen=True)
class Jurisdiction:
    """Where the case body sits: whose rules and figures hold. A place not served has neither."""

    city_name: str
    province: str | None
    standards: tuple[Standard, ...] = ()


def screen(rules: Rulebook, facts: Facts, where: Jurisdiction, day: date) -> Decision:
    """The decision for these facts under the rules of that place and day."""
    return _Screening(rules, facts, where, day).decide()


@dataclass(frozen=True)
class _Judged:
    """A route and how far it holds. `against`: a known fact is against it, and nothing else.

    `means`: it asks for hardship, and nobody is spared the check.
    """

    route: Route
    answer: Answer
    why: tuple[Reason, ...]
    fits: bool
    against: bool
    means: bool = False


class _Screening:
    def __init__(self, rules: Rulebook, facts: Facts, where: Jurisdiction, day: date) -> None:
        self._rules, self._facts, self._where, self._day = rules, facts, where, day
        self._groups = rules.groups
        self._province: Province | None = rules.provinces.get(where.province or "")
        self._standard = in_force(where.standards, day)
        self._foreign = self._certain(self._groups["foreigners"])
        self._company = self._certain(self._groups["companies"])

    def decide(self) -> Decision:
        if self._day < self._rules.from_:
            before = [self._reason(self._rules.before, About.open)]
            return self._decision(Outcome.unknown, before)
        judged = [self._judge(route) for route in self._rules.routes]
        holding = [one for one in judged if one.answer.holds]
        if holding:
            best = holding[:2]
            ways = frozenset(one.route.way for one in best)
            means = all(one.means for one in best)
            return self._decision(Outcome.likely, _reasons(best), means=means, ways=ways)
        open_ = [one for one in judged if one.answer.holds is None]
        if self._company and not self._opened("applicant"):
            said = [self._say("company", About.basis)]
            return self._decision(Outcome.unlikely, said)
        if open_:
            return self._open(open_)
        against = [one for one in judged if one.against]
        if against:
            return self._decision(Outcome.unlikely, _reasons(against[:2]))
        return self._outside([one for one in judged if one.fits])

    def _open(self, open_: list[_Judged]) -> Decision:
        """Not known yet: what fits for certain is told first."""
        missing = self._in_order(set().union(*(one.answer.missing for one in open_)))
        fitting = [one for one in open_ if one.fits]
        reasons = _reasons(fitting[:2])
        if missing:
            reasons.append(self._say("means_missing" if fitting else "facts_missing", About.open))
        means = any(one.means for one in fitting)
        return self._decision(Outcome.unknown, reasons, missing, means=means)

    def _outside(self, not_yet: list[_Judged]) -> Decision:
        reasons = _reasons(not_yet[:1])
        if not reasons:
            reasons.append(self._say("outside", About.open))
        opened = [*(self._province.outside if self._province else ())]
        reasons += [
            self._reason(one.says, About.open)
            for one in opened
            if self._in_force(one) and self._certain(one.says.when)
        ]
        if self._company:
            reasons += self._opened("applicant")
        return self._decision(Outcome.unknown, reasons, means=True)

    # ------------------------------------------------------------ one route

    def _judge(self, route: Route) -> _Judged:
        when = judge(route.when, self._facts, self._groups)
        if when.holds is False:
            return _Judged(route, NO, (), fits=False, against=False)
        for unless in route.unless:
            if self._certain(unless.when):
                not_yet = (self._reason(unless, About.open),)
                return _Judged(route, NO, not_yet, fits=when.holds is True, against=False)
        why = [self._reason(route.says, About.basis)]
        if self._foreign and not route.everybody:
            # by treaty or reciprocity (article 69): no test of ours tells
            why.append(self._say("foreign", About.open))
            return _Judged(route, both(when, unknown()), tuple(why), when.holds is True, False)
        why += [self._reason(one, About.note) for one in route.more if self._certain(one.when)]
        lawyer = self._lawyer(route, why)
        exempt = self._exempt(why) if route.means else YES
        means = YES if exempt.holds else self._means(route, exempt, why)
        person = self._person(route, why)
        answer = both(when, lawyer, means, person)
        if answer.holds is None and when.holds:
            answer = unknown(lawyer.missing | means.missing | person.missing)
        fits = when.holds is True
        against = fits and answer.holds is False
        return _Judged(route, answer, tuple(why), fits, against, means=not exempt.holds)

    def _lawyer(self, route: Route, why: list[Reason]) -> Answer:
        """A lawyer who was not mentioned is none."""
        if route.lawyer is None or self._facts.get("has_lawyer") is not True:
            return YES
        saying = self._rules.says[route.lawyer]
        why.append(self._reason(saying, About.basis, article=route.says.article))
        return NO

    def _person(self, route: Route, why: list[Reason]) -> Answer:
        """A company is no natural person, unless the province leaves that open."""
        if self._company and not route.everybody:
            opened = self._opened("applicant")
            why += opened
            return unknown() if opened else NO
        return YES

    def _means(self, route: Route, exempt: Answer, why: list[Reason]) -> Answer:
        """The test of means, for who is not known to be spared it."""
        tested = self._tested(why)
        if tested.holds is False:
            opened = self._opened("means")
            if route.other_reasons:
                other = Saying(route.other_reasons, route.says.article, {}, frozenset())
                opened.append(self._reason(other, About.open))
            own = self._province.refused if self._province else ()
            why += [self._reason(one.says, About.open) for one in own if self._in_force(one)]
            if opened:
                why += opened
                return unknown()
        if tested.holds or exempt.holds is False:
            return tested
        return unknown(exempt.missing | tested.missing)

    def _exempt(self, why: list[Reason]) -> Answer:
        open_: set[str] = set()
        for exemption in self._rules.exemptions:
            if self._certain(exemption.unless):
                continue
            answer = judge(exemption.when, self._facts, self._groups)
            if answer.holds:
                why.append(self._reason(exemption.says, About.basis))
                return YES
            if answer.holds is None:
                open_ |= answer.missing
        return unknown(open_) if open_ else NO

    def _tested(self, why: list[Reason]) -> Answer:
        """By the province's formula; where none is known, nobody is refused and nobody passes."""
        if self._province is None:
            why.append(self._say("means_unknown", About.open))
            return unknown()
        means = self._province.means
        if means.formula != FORMULA:
            why += [self._reason(saying, About.open) for saying in means.says.values()]
            return unknown()
        tested = judge_means(self._facts, means, self._standard)
        about = About.open if tested.answer.holds is None else About.basis
        why += [self._about_means(means.says[key], about) for key in tested.why]
        return tested.answer

    def _about_means(self, saying: Saying, about: About) -> Reason:
        """The province's sentence with the city's figures in it."""
        assert self._province is not None
        means, standard = self._province.means, self._standard
        head, reason = per_head(self._facts), self._facts.get("extraordinary_expense_reason")
        name = vocabulary().name_of("extraordinary_expense_reason", reason) if reason else ""
        text = saying.text.format(
            city=self._where.city_name,
            head="" if head is None else f"{head:.2f}".rstrip("0").rstrip("."),
            line="" if standard is None else f"{standard.line:g}",
            full="" if standard is None or standard.full is None else f"{standard.full:g}",
            reason=name,
            **{"from": "" if standard is None else str(standard.from_)},
        )
        source = f"{means.name}；{standard.source}" if standard else means.name
        effective = max(means.from_, standard.from_) if standard else means.from_
        assert saying.article is not None
        return Reason(text, saying.article, source, str(effective), means.verified, about)

    # ------------------------------------------------------------ pieces

    def _opened(self, against: str) -> list[Reason]:
        """What leaves it open although that test failed."""
        own = self._province.openings if self._province else ()
        return [
            self._reason(opening.says, About.open)
            for opening in (*self._rules.openings, *own)
            if opening.against == against
            and self._in_force(opening)
            and self._certain(opening.says.when)
        ]

    def _in_force(self, opening: Opening) -> bool:
        return opening.from_ <= self._day <= opening.to

    def _certain(self, condition: Condition) -> bool:
        return certain(condition, self._facts, self._groups)

    def _say(self, key: str, about: About) -> Reason:
        return self._reason(self._rules.says[key], about)

    def _reason(self, saying: Saying, about: About, article: str | None = None) -> Reason:
        """A sentence with its source: a law of the package is verified, anything else is not."""
        cited = saying.article or article
        assert cited is not None
        found = _LAW.match(cited)
        law = self._rules.laws.get(found["law"]) if found else None
        if law is None:
            return Reason(saying.text, cited, cited, None, False, about)
        return Reason(saying.text, cited, law.name, str(law.from_), True, about)

    def _in_order(self, missing: Iterable[str]) -> tuple[str, ...]:
        wanted = set(missing)
        return tuple(fact for fact in vocabulary().definitions if fact in wanted)

    def _decision(
        self,
        outcome: Outcome,
        reasons: list[Reason],
        missing: tuple[str, ...] = (),
        *,
        means: bool = False,
        ways: frozenset[Way] = APPLYING,
    ) -> Decision:
        own = self._province.notes if self._province else ()
        notes = [
            self._reason(note, About.note)
            for note in (*self._rules.notes, *own)
            if self._told(note, outcome, means, ways)
        ]
        return Decision(
            outcome=outcome,
            reasons=tuple(dict.fromkeys([*reasons, *notes])),
            missing=missing,
            materials=tuple(self._materials(means, ways)),
            objection=self._reason(self._rules.objection, About.note),
            rules_version=self._rules.version(self._where.province, self._day),
        )

    def _told(self, note: Saying, outcome: Outcome, means: bool, ways: frozenset[Way]) -> bool:
        return (
            outcome in note.outcomes
            and not note.ways.isdisjoint(ways)
            and (means or not note.only_with_means)
            and (not note.cities or self._where.city_name in note.cities)
            and self._certain(note.when)
        )

    def _materials(self, means: bool, ways: frozenset[Way]) -> Iterator[Material]:
        own = self._province.materials if self._province else ()
        for material in (*self._rules.materials, *own):
            wanted = means or not material.only_with_means
            if wanted and not material.ways.isdisjoint(ways) and self._certain(material.when):
                yield material


def _reasons(judged: list[_Judged]) -> list[Reason]:
    return list(dict.fromkeys(reason for one in judged for reason in one.why))
