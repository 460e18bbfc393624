"""Guangdong's test of means (粤府令第268号第三条), over a city's figures of a day.

Met when there is nothing of great value and income per head is not over the line, or a named
misfortune made the family spend more than it earned while it earned less than the full figure.
What is not said or not known leaves it open; no other province's city is ever judged by it.
"""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.eligibility.conditions import NO, YES, Answer, both, either, unknown
from knowledge.eligibility.facts import Facts
from knowledge.eligibility.rules import Means
from knowledge.eligibility.standards import INCLUDED, Standard

FORMULA = "guangdong_268"
HOMES_OF_GREAT_VALUE = 2

_SIZE = "household_size"
_INCOME = "household_monthly_disposable_income"
_SPENDING = "household_monthly_consumption"
_REASON = "extraordinary_expense_reason"
_ASSETS = "valuable_assets"


@dataclass(frozen=True)
class Tested:
    """The answer, and which of the province's sentences tell why, in order."""

    answer: Answer
    why: tuple[str, ...]


def judge_means(facts: Facts, means: Means, standard: Standard | None) -> Tested:
    """Whether the family is in hardship by the formula; a city without figures stays open."""
    assets, about_assets = _no_great_value(facts, means)
    income, about_income = _low_income(facts, means, standard)
    answer = both(assets, income)
    if answer.holds is None and assets.holds is None and income.holds is None:
        answer = unknown(assets.missing | income.missing)
    if assets.holds is False:
        return Tested(answer, about_assets)
    if income.holds is False:
        return Tested(answer, about_income)
    return Tested(answer, (*about_income, *about_assets))


def per_head(facts: Facts) -> float | None:
    """Disposable income a head and month in yuan; None when one of the two was not said."""
    size, income = facts.number(_SIZE), facts.number(_INCOME)
    return None if size is None or income is None else income / size


def _no_great_value(facts: Facts, means: Means) -> tuple[Answer, tuple[str, ...]]:
    """Only two or more urban homes decide: the rest of the list could not be read."""
    assets = facts.assets
    if assets is None:
        return unknown({_ASSETS}), ()
    homes = [asset for asset in assets if asset.type == "urban_home"]
    if len(homes) >= HOMES_OF_GREAT_VALUE:
        return NO, ("assets_over",)
    why = []
    if any(home.area_m2 is not None and home.area_m2 >= means.large_home_m2 for home in homes):
        why.append("assets_large_home")
    unsized = any(home.area_m2 is None for home in homes)
    if unsized:
        why.append("assets_home_unsized")
    if len(assets) > len(homes):
        why.append("assets_other")
    if not why:
        return YES, ()
    return unknown({_ASSETS} if why == ["assets_home_unsized"] else ()), tuple(why)


def _low_income(
    facts: Facts, means: Means, standard: Standard | None
) -> tuple[Answer, tuple[str, ...]]:
    if standard is None:
        return unknown(), ("no_figure",)
    head = per_head(facts)
    if head is None:
        return unknown(key for key in (_SIZE, _INCOME) if facts.get(key) is None), ()
    within = head <= standard.line if standard.at_line == INCLUDED else head < standard.line
    if within:
        return YES, ("income_met",)
    expense, about_expense = _great_expense(facts, means, standard, head)
    return either(NO, expense), ("income_over", *about_expense)


def _great_expense(
    facts: Facts, means: Means, standard: Standard, head: float
) -> tuple[Answer, tuple[str, ...]]:
    """The second branch: every condition of it, the income below the full figure first."""
    reason, spending = facts.get(_REASON), facts.number(_SPENDING)
    income = facts.number(_INCOME)
    assert income is not None  # there is a head
    fits = unknown({_REASON}) if reason is None else Answer(reason in means.qualifying_reasons)
    more = unknown({_SPENDING}) if spending is None else Answer(spending > income)
    below = unknown() if standard.full is None else Answer(head < standard.full)
    answers = (below, fits, more)
    if any(answer.holds is False for answer in answers):
        return NO, ("expense_not" if standard.full is not None else "expense_not_unfigured",)
    if all(answer.holds for answer in answers):
        return YES, ("expense_met",)
    if below.holds is None:
        return unknown(), ("full_unknown",)
    return unknown(frozenset().union(*(answer.missing for answer in answers))), ()
