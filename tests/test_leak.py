"""No sentence of the evaluation stands in the training data, exactly or nearly."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter, defaultdict

import pytest

from bench.understanding.texts import development
from bench.understanding.utterances import utterances

FOLDER = os.environ.get("WENFA_EVAL_DIR")
NEAR = 0.6  # Jaccard of character 3-grams
SHORTEST = 8  # below this a greeting is a greeting


@pytest.mark.skipif(not FOLDER, reason="WENFA_EVAL_DIR 没有设置：没有检查与评测文本是否重复")
def test_no_evaluation_sentence_is_trained_on() -> None:
    assert overlaps(_evaluation(), trained()) == []


def overlaps(texts: list[str], lines: list[str]) -> list[str]:
    """The lines that are one of the texts, exactly or nearly; greetings are left out."""
    plain_lines = [plain(line) for line in lines]
    grams = [three_grams(line) for line in plain_lines]
    holders: dict[str, list[int]] = defaultdict(list)
    for index, own in enumerate(grams):
        for gram in own:
            holders[gram].append(index)
    leaked = []
    for text in (plain(text) for text in texts):
        if len(text) < SHORTEST:
            continue
        wanted = three_grams(text)
        shared = Counter(index for gram in wanted for index in holders.get(gram, ()))
        leaked += [
            lines[index]
            for index, count in shared.items()
            if count / len(wanted | grams[index]) >= NEAR
        ]
    return leaked


def test_near_means_three_of_five_parts() -> None:
    assert three_grams("老板欠我工资") == {"老板欠", "板欠我", "欠我工", "我工资"}
    assert plain("老板，欠我 工资！") == "老板欠我工资"


def trained() -> list[str]:
    """Every training utterance."""
    lines = [utterance.text for utterance in utterances()]
    assert len(lines) > 1000
    return lines


def _evaluation() -> list[str]:
    halves = development()
    assert halves
    return [text.text for half in halves for text in half]


def plain(text: str) -> str:
    """Without punctuation, blanks and full-width forms."""
    return re.sub(r"\W", "", unicodedata.normalize("NFKC", text))


def three_grams(text: str) -> set[str]:
    return {text[start : start + 3] for start in range(max(1, len(text) - 2))}
