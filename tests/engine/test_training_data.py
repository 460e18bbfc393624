"""The training data as data: no Rasa, only PyYAML. What staff add must keep to it too."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import ceil
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
NLU = ROOT / "nlu_data"
LEAST_A_SERVICE = 120
LEAST_A_MATTER = 200
ALIKE = 0.6
FALLBACK = "nlu_fallback"  # Rasa's own intent: nobody writes examples of it


@dataclass(frozen=True)
class Example:
    """One labelled utterance and where it stands."""

    file: str
    intent: str
    text: str
    matter: str | None
    urgency: str | None
    party: str | None
    keys: frozenset[str]


def content(file: Path) -> Any:
    return yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


@lru_cache(maxsize=1)
def examples() -> list[Example]:
    found: list[Example] = []
    for file in sorted([*NLU.glob("consultation/*.yml"), *NLU.glob("services/*.yml")]):
        for block in content(file)["nlu"]:
            for item in block["examples"]:
                labels: dict[str, str] = item.get("metadata", {})
                found.append(
                    Example(
                        str(file.relative_to(NLU)),
                        block["intent"],
                        item["text"],
                        labels.get("matter"),
                        labels.get("urgency"),
                        labels.get("party"),
                        frozenset({*item, *(f"metadata.{key}" for key in labels)}),
                    )
                )
    return found


@lru_cache(maxsize=1)
def taxonomy() -> dict[str, Any]:
    result: dict[str, Any] = content(ROOT / "knowledge/data/services.yml")
    return result


def ids() -> set[str]:
    """Every public id that an utterance can be labelled with: services and requests."""
    return {*taxonomy()["services"], *taxonomy()["requests"]}


def domain(key: str) -> list[str]:
    files = sorted((ROOT / "domain").glob("*.yml"))
    return [name for file in files for name in content(file).get(key, [])]


def rules() -> Iterator[dict[str, str]]:
    """Each rule as {name, intent, action}."""
    for rule in content(NLU / "rules.yml")["rules"]:
        steps: dict[str, str] = {}
        for step in rule["steps"]:
            assert not steps.keys() & step.keys(), f"{rule['rule']}: one intent, one action"
            steps.update(step)
        yield {"name": rule["rule"], **steps}


def grams(text: str) -> frozenset[str]:
    plain = "".join(text.split())
    return frozenset(plain[at : at + 3] for at in range(len(plain) - 2)) or frozenset({plain})


def alike(texts: list[str], limit: float) -> list[str]:
    """Pairs whose 3-grams overlap by `limit` (Jaccard) or more.

    Two sets that overlap so much share one of the first grams of each, when all are ordered alike
    and the rare come first: only texts that share such a gram are compared.
    """
    sets = [grams(text) for text in texts]
    often = Counter(gram for found in sets for gram in found)
    holders: dict[str, list[int]] = defaultdict(list)
    pairs = []
    for at, found in enumerate(sets):
        ordered = sorted(found, key=lambda gram: (often[gram], gram))
        first = ordered[: len(ordered) - ceil(limit * len(ordered)) + 1]
        for other in sorted({index for gram in first for index in holders[gram]}):
            shared = len(found & sets[other])
            if shared >= limit * (len(found) + len(sets[other]) - shared):
                pairs.append(f"{texts[other]} / {texts[at]}")
        for gram in first:
            holders[gram].append(at)
    return pairs


def by(label: str) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for item in examples():
        value = getattr(item, label)
        if value:
            groups[value].append(item.text)
    return groups


def test_there_is_data() -> None:
    assert len(examples()) > 15000


def test_every_file_is_read() -> None:
    files = {str(file.relative_to(NLU)) for file in NLU.rglob("*.yml")}
    assert files == {item.file for item in examples()} | {
        "rules.yml", "lexicons/urgency.yml", "lexicons/turns.yml",
    }  # fmt: skip


def test_every_example_stands_once_over_all_files() -> None:
    counted = Counter("".join(item.text.split()) for item in examples())
    assert [text for text, count in counted.items() if count > 1] == []


def test_texts_are_texts() -> None:
    odd = [item for item in examples() if not isinstance(item.text, str) or item.text.strip() == ""]
    assert odd == []
    assert [item.text for item in examples() if item.text != item.text.strip()] == []
    assert [item.text for item in examples() if item.text.startswith("/")] == []  # drives Rasa


def test_no_label_but_the_known_ones() -> None:
    known = {"text", "metadata", "metadata.matter", "metadata.urgency", "metadata.party"}
    assert [item for item in examples() if not item.keys <= known] == []


def test_urgency_is_of_the_taxonomy() -> None:
    allowed = set(taxonomy()["urgency"])
    assert [item for item in examples() if item.urgency not in allowed] == []
    assert {item.urgency for item in examples()} == allowed


def test_party_is_one_of_the_allowed() -> None:
    assert [item for item in examples() if item.party not in taxonomy()["parties"]] == []
    assert {item.party for item in examples()} == set(taxonomy()["parties"])


def test_matter_is_of_the_taxonomy() -> None:
    allowed = set(taxonomy()["matters"])
    assert [item for item in examples() if item.matter and item.matter not in allowed] == []
    assert {item.matter for item in examples() if item.matter} == allowed


def test_a_consultation_file_holds_its_own_matter() -> None:
    assert {file.stem for file in NLU.glob("consultation/*.yml")} == set(taxonomy()["matters"])
    elsewhere = [
        item
        for item in examples()
        if item.file.startswith("consultation/")
        and (item.intent != "legal_consultation" or item.matter != Path(item.file).stem)
    ]
    assert elsewhere == []


def test_a_service_file_holds_its_own_service() -> None:
    elsewhere = [
        item
        for item in examples()
        if item.file.startswith("services/") and item.intent != Path(item.file).stem
    ]
    assert elsewhere == []


def test_enough_utterances_a_service_or_request() -> None:
    counted = {name: len(texts) for name, texts in by("intent").items()}
    assert set(counted) == ids()
    assert {name: count for name, count in counted.items() if count < LEAST_A_SERVICE} == {}


def test_enough_utterances_a_matter() -> None:
    counted = {name: len(texts) for name, texts in by("matter").items()}
    assert {name: count for name, count in counted.items() if count < LEAST_A_MATTER} == {}


@pytest.mark.parametrize("label", ["intent", "matter"])
def test_no_two_examples_of_a_label_are_nearly_the_same(label: str) -> None:
    near = {name: pairs for name, texts in by(label).items() if (pairs := alike(texts, ALIKE))}
    assert near == {}


def test_the_measure_of_likeness_itself() -> None:
    """Against the plain definition, on the smallest label: the short cut must miss nothing."""
    texts = min(by("intent").values(), key=len)
    plain = set()
    for left, right in combinations(texts, 2):
        few, many = grams(left), grams(right)
        if len(few & many) >= 0.1 * len(few | many):
            plain.add(frozenset({left, right}))
    assert plain
    assert {frozenset(pair.split(" / ")) for pair in alike(texts, 0.1)} == plain
    assert alike(["我想问离婚怎么办", "我想问离婚咋办", "公证处在哪"], 0.3) == [
        "我想问离婚怎么办 / 我想问离婚咋办"
    ]


def test_intents_of_the_domain_are_the_public_ids() -> None:
    intents = domain("intents")
    assert len(intents) == len(set(intents))
    assert set(intents) == ids() | {FALLBACK}


def test_every_intent_has_a_rule_and_examples_and_the_other_way_round() -> None:
    intents = set(domain("intents"))
    assert {item.intent for item in examples()} == intents - {FALLBACK}
    of_rules = [rule["intent"] for rule in rules()]
    assert sorted(of_rules) == sorted(intents)


def test_a_rule_is_one_intent_and_one_action_of_the_domain() -> None:
    actions = domain("actions")
    for rule in rules():
        assert set(rule) == {"name", "intent", "action"}
        assert rule["name"] == rule["intent"]
        assert rule["action"] in actions
    assert {rule["action"] for rule in rules()} == set(actions)
