"""What the practice cases teach is what the product says, in words that may be said."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from bot.practice.cases import FOLDER, Asks, Case, Choice, Fit, Topic, Turn, practice_cases
from bot.words import words
from knowledge.catalogue import Catalogue
from knowledge.law.links import articles_named
from knowledge.referrals import MEDIATION, Referral, Trouble, refer
from knowledge.taxonomy import CALM, taxonomy
from tests.knowledge.law_package import amounts, article

CASES = list(practice_cases().values())
TURNS = [(f"{case.id} {at}", turn) for case in CASES for at, turn in enumerate(case.turns, 1)]
CHOICES = [
    (f"{name} {letter}", choice)
    for name, turn in TURNS
    for letter, choice in zip("abcd", turn.choices, strict=False)
]
NAMED = [(name, turn) for name, turn in TURNS if turn.basis]
IN_DANGER = [case for case in CASES if case.urgent not in CALM]
CALLED = {"110", "120", "12345", "12348"}
PROMISED = ("保证", "一定能", "肯定", "包赢", "胜诉", "放心", "没问题", "都能")
LONGEST_SAID, LONGEST_CHOICE, LONGEST_WHY = 60, 70, 60


def asking(asks: Asks) -> list[tuple[Case, Turn]]:
    return [(case, turn) for case in CASES for turn in case.turns if turn.asks is asks]


def referrals(catalogue: Catalogue, case: Case, city: str) -> list[Referral]:
    """What the product answers to the opening words, labelled as the case is."""
    trouble = Trouble(case.service, case.matter, 1.0, case.urgent, case.turns[0].says)
    return refer(catalogue, city, trouble)


def test_there_are_cases_of_every_topic() -> None:
    assert len(CASES) >= 12
    assert len(CASES) == len(list(FOLDER.iterdir()))
    assert {case.topic for case in CASES} == set(Topic)
    assert len({case.title for case in CASES}) == len(CASES)


def test_everything_an_operator_must_be_able_to_do_is_asked_more_than_once() -> None:
    asked = Counter(turn.asks for _, turn in TURNS)
    assert {asks for asks in Asks if asked[asks] < 2} <= {Asks.matter}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_labels_exist(case: Case, catalogue: Catalogue) -> None:
    assert case.service in taxonomy().services
    assert case.matter in taxonomy().matters
    assert case.urgent in taxonomy().urgency
    assert case.channel in words("tickets")["channels"]
    assert [id_ for id_ in case.faq if id_ not in catalogue.faq] == []
    assert case.faq


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_is_done_in_a_few_minutes(case: Case) -> None:
    assert re.fullmatch(r"[a-z_]{1,30}", case.id)  # it stands in an address and in a cookie
    assert 4 <= len(case.turns) <= 7


@pytest.mark.parametrize(("name", "turn"), TURNS, ids=[name for name, _ in TURNS])
def test_one_choice_is_the_best_and_the_others_say_why_not(name: str, turn: Turn) -> None:
    assert 3 <= len(turn.choices) <= 4
    assert [choice.fit for choice in turn.choices].count(Fit.best) == 1
    assert len({choice.text for choice in turn.choices}) == len(turn.choices)
    assert turn.why
    assert all(choice.why for choice in turn.choices if choice.fit is not Fit.best)


def test_the_best_choice_cannot_be_guessed_by_its_place_or_its_length() -> None:
    places = Counter(turn.choices.index(turn.best) for _, turn in TURNS)
    assert max(places.values()) <= 0.45 * len(TURNS)
    longest = sum(
        len(turn.best.text) > max(len(one.text) for one in turn.choices if one is not turn.best)
        for _, turn in TURNS
    )
    assert longest <= 0.45 * len(TURNS)


@pytest.mark.parametrize(("name", "turn"), TURNS, ids=[name for name, _ in TURNS])
def test_words_are_short(name: str, turn: Turn) -> None:
    assert len(turn.says) <= LONGEST_SAID
    assert len(turn.why) <= LONGEST_WHY
    for choice in turn.choices:
        assert len(choice.text) <= LONGEST_CHOICE, choice.text
        assert len(choice.why) <= LONGEST_WHY, choice.why


@pytest.mark.parametrize(("name", "turn"), TURNS, ids=[name for name, _ in TURNS])
def test_what_is_taught_promises_nothing_and_names_no_number_of_ours(name: str, turn: Turn) -> None:
    taught = turn.best.text + turn.why
    assert not [word for word in PROMISED if word in taught]
    assert set(re.findall(r"\d{3,}", taught)) <= CALLED
    assert "律师意见" not in taught


def test_no_place_is_invented(catalogue: Catalogue) -> None:
    """Every city has the same cases: none of them names a town."""
    cities = [city.short for city in catalogue.atlas.cities.values()]
    for case in CASES:
        said = "。".join(
            text
            for turn in case.turns
            for text in (turn.says, turn.why, *(choice.text for choice in turn.choices))
        )
        assert not [city for city in cities if city in said], case.id
        for city in catalogue.atlas.cities:
            found = catalogue.gazetteer.read(said, city).found
            assert not [one for one in found if one.certain], case.id


@pytest.mark.parametrize(("name", "turn"), NAMED, ids=[name for name, _ in NAMED])
def test_a_cited_article_is_in_force_and_says_the_times_that_are_told(
    name: str, turn: Turn
) -> None:
    named = articles_named(turn.basis)
    rest = turn.basis
    for one in reversed(named):
        rest = rest[: one.start] + rest[one.end :]
    assert set(rest) <= {"、"}, f"不是条文的：{rest}"
    texts = [article(one.law, one.number) for one in named]
    assert all(texts), turn.basis
    missing = [said for said in amounts(turn.why) if said not in "".join(map(str, texts))]
    assert not missing


def test_times_are_told_with_an_article_only() -> None:
    assert [name for name, turn in TURNS if amounts(turn.why) and not turn.basis] == []


@pytest.mark.parametrize("case", IN_DANGER, ids=lambda case: case.id)
def test_whoever_is_in_danger_is_asked_for_their_safety_first(case: Case) -> None:
    """In the very words that the console gives an operator to say."""
    first = case.turns[0]
    assert first.asks is Asks.safe
    assert words("scripts")["safe"][case.urgent][0] in first.best.text
    assert "110" in first.best.text
    assert case.topic is Topic.danger


@pytest.mark.parametrize("case", IN_DANGER, ids=lambda case: case.id)
def test_whoever_is_in_danger_is_sent_to_no_mediation(case: Case, catalogue: Catalogue) -> None:
    for city in catalogue.atlas.cities:
        assert MEDIATION not in {one.service for one in referrals(catalogue, case, city)}
    assert not [turn.best.text for turn in case.turns if "调解" in turn.best.text]


def test_most_kinds_of_danger_are_practised() -> None:
    kinds = {case.urgent for case in CASES}
    assert kinds >= {"violence", "self_harm", "child_risk", "detained_now", "deadline"}
    unsafe = [choice for _, choice in CHOICES if choice.fit is Fit.unsafe]
    assert len(unsafe) >= 15


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_service_is_the_one_the_product_names(case: Case, catalogue: Catalogue) -> None:
    for city in catalogue.atlas.cities:
        assert case.service in {one.service for one in referrals(catalogue, case, city)}
    for turn in case.turns:
        label = {Asks.service: case.service, Asks.matter: case.matter}.get(turn.asks)
        assert turn.best.label == label


def desks(choice: Choice, referral: Referral) -> list[str]:
    """The names inside a desk's name that a choice holds."""
    parts = re.split(r"[、；，（）]|或者?|和", referral.desk)
    return [part for part in parts if len(part) >= 3 and part in choice.text]


TAUGHT = [(case, turn) for case in CASES for turn in case.turns if turn.best.rule]


@pytest.mark.parametrize(("case", "turn"), TAUGHT, ids=[case.id for case, _ in TAUGHT])
def test_the_desk_is_among_those_the_product_names(
    case: Case, turn: Turn, catalogue: Catalogue
) -> None:
    for city in catalogue.atlas.cities:
        found = {one.rule: one for one in referrals(catalogue, case, city)}
        assert turn.best.rule in found
        if turn.asks is Asks.desk:
            named = found[turn.best.rule]
            assert desks(turn.best, named) or turn.best.text.endswith(named.desk)


def test_every_desk_that_is_taught_has_its_rule() -> None:
    assert [case.id for case, turn in asking(Asks.desk) if not turn.best.rule] == []
    assert len(asking(Asks.desk)) >= 10


@pytest.mark.parametrize(
    ("case", "turn"), asking(Asks.aid), ids=[case.id for case, _ in asking(Asks.aid)]
)
def test_legal_aid_is_worth_asking_for_where_the_product_names_it(
    case: Case, turn: Turn, catalogue: Catalogue
) -> None:
    for city in catalogue.atlas.cities:
        named = "legal_aid" in {one.service for one in referrals(catalogue, case, city)}
        assert named or "值得" not in turn.best.text
    assert "审查" in turn.best.text or "指望" in turn.best.text
    assert "法律援助法" in turn.basis


@pytest.mark.parametrize(
    ("case", "turn"), asking(Asks.consent), ids=[case.id for case, _ in asking(Asks.consent)]
)
def test_consent_is_asked_for_in_the_words_of_the_script(case: Case, turn: Turn) -> None:
    assert [line for line in words("scripts")["agree"] if line in turn.best.text]


@pytest.mark.parametrize(
    ("case", "turn"), asking(Asks.close), ids=[case.id for case, _ in asking(Asks.close)]
)
def test_an_ending_names_the_number_and_asks_nobody_in_danger_for_a_mark(
    case: Case, turn: Turn
) -> None:
    assert "工单号" in turn.best.text
    assert not [word for word in ("满意", "评价", "打分") if word in turn.best.text]
    if case.urgent != "self_harm":
        assert words("scripts")["end"][-1] in turn.best.text
