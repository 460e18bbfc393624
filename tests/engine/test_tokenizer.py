"""Cutting text: our own words whole, and a change of them is seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from engine.tokenizer import NORMAL_FORM, ChineseTokenizer
from tests.engine.making import ROOT, training_data, words_of

SHIPPED = ROOT / "nlu_data/lexicons/legal_terms.txt"


class Cutter:
    """A tokenizer over word files in a folder of the test."""

    def __init__(self, folder: Path, storage: ModelStorage, resource: Resource) -> None:
        self.lexicon = folder / "lexicon.txt"
        self.places = folder / "gazetteer.json"
        self.config: dict[str, Any] = {
            **ChineseTokenizer.get_default_config(),
            "lexicon": str(self.lexicon),
            "places": str(self.places),
        }
        self.storage, self.resource = storage, resource
        self.lexicon.write_text("# 测试用\n粤语速配\n", encoding="utf-8")

    def create(self) -> ChineseTokenizer:
        return ChineseTokenizer.create(
            self.config, self.storage, self.resource, ExecutionContext(None)
        )

    def load(self) -> ChineseTokenizer:
        return ChineseTokenizer.load(
            self.config, self.storage, self.resource, ExecutionContext(None)
        )

    def fingerprint(self) -> str:
        return ChineseTokenizer.fingerprint_addon(self.config) or ""


@pytest.fixture
def cutter(tmp_path: Path, storage: ModelStorage, resource: Resource) -> Cutter:
    return Cutter(tmp_path, storage, resource)


def cut(tokenizer: ChineseTokenizer, text: str) -> list[str]:
    return words_of(tokenizer.process([Message.build(text)])[0])


def test_own_words_are_kept_whole(cutter: Cutter) -> None:
    assert "粤语速配" in cut(cutter.create(), "我想去粤语速配问一下")


def test_words_of_one_tokenizer_stay_with_it(cutter: Cutter) -> None:
    cutter.create()
    cutter.lexicon.write_text("", encoding="utf-8")
    assert "粤语速配" not in cut(cutter.create(), "我想去粤语速配问一下")


@pytest.mark.parametrize("writing", ["粵語速配", "粤语 速配", "粤语　速配"])
def test_own_words_are_known_in_every_writing(cutter: Cutter, writing: str) -> None:
    assert "粤语速配" in cut(cutter.create(), f"去{writing}问")


def test_a_lexicon_line_may_be_written_any_way(cutter: Cutter) -> None:
    cutter.lexicon.write_text("  粵語速配  # 说明\n\n", encoding="utf-8")
    assert "粤语速配" in cut(cutter.create(), "去粤语速配问")


def test_full_width_digits_are_one_token(cutter: Cutter) -> None:
    tokenizer = cutter.create()
    assert "12348" in cut(tokenizer, "打１２３４８行吗")
    assert cut(tokenizer, "打１２３４８行吗") == cut(tokenizer, "打12348行吗")


@pytest.mark.parametrize("text", ["老板 拖欠 工资", "老板　拖欠\n工资\t"])
def test_blanks_are_no_tokens(cutter: Cutter, text: str) -> None:
    tokens = cut(cutter.create(), text)
    assert tokens == cut(cutter.create(), "老板拖欠工资")
    assert all(token.strip() for token in tokens)


def test_traditional_is_cut_like_simplified(cutter: Cutter) -> None:
    tokenizer = cutter.create()
    assert cut(tokenizer, "老闆拖欠工資，想申請勞動仲裁") == cut(
        tokenizer, "老板拖欠工资，想申请劳动仲裁"
    )


@pytest.mark.parametrize("text", ["", " ", "　\n"])
def test_nothing_to_cut(cutter: Cutter, text: str) -> None:
    assert cut(cutter.create(), text) == []


def test_offsets_point_into_the_normal_form(cutter: Cutter) -> None:
    tokenizer = cutter.create()
    message = Message.build("老 闆 拖欠３個月工資")
    tokens = tokenizer.tokenize(message, TEXT)
    text = message.get(NORMAL_FORM)
    assert text == "老板拖欠3个月工资"
    assert [text[token.start : token.end] for token in tokens] == [token.text for token in tokens]
    assert "".join(token.text for token in tokens) == text


def test_place_names_of_the_gazetteer_are_words(cutter: Cutter) -> None:
    assert "坦背洲村" not in cut(cutter.create(), "我住坦背洲村那边")
    cutter.places.write_text(json.dumps({"names": [], "words": ["坦背洲村"]}), encoding="utf-8")
    assert "坦背洲村" in cut(cutter.create(), "我住坦背洲村那边")


def test_the_named_gazetteer_wins(
    cutter: Cutter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"names": [], "words": ["坦背洲村"]}), encoding="utf-8")
    monkeypatch.setenv("WENFA_GAZETTEER", str(other))
    assert "坦背洲村" in cut(cutter.create(), "我住坦背洲村那边")


def test_the_fingerprint_changes_with_the_lexicon(cutter: Cutter) -> None:
    before = cutter.fingerprint()
    cutter.lexicon.write_text("粤语速配\n新词条\n", encoding="utf-8")
    assert cutter.fingerprint() != before


def test_the_fingerprint_changes_with_the_places(cutter: Cutter) -> None:
    before = cutter.fingerprint()
    cutter.places.write_text(json.dumps({"names": [], "words": ["坦背洲村"]}), encoding="utf-8")
    assert cutter.fingerprint() != before


def test_a_remark_or_another_order_is_no_change(cutter: Cutter) -> None:
    cutter.lexicon.write_text("甲词条\n乙词条\n", encoding="utf-8")
    before = cutter.fingerprint()
    cutter.lexicon.write_text("# 说明\n乙词条 # 说明\n\n甲词条\n", encoding="utf-8")
    assert cutter.fingerprint() == before


def test_a_model_cuts_as_it_did_when_trained(cutter: Cutter) -> None:
    cutter.create().train(training_data([]))
    cutter.lexicon.write_text("", encoding="utf-8")
    assert "粤语速配" in cut(cutter.load(), "我想去粤语速配问一下")


def test_a_missing_lexicon_is_no_empty_one(cutter: Cutter) -> None:
    cutter.lexicon.unlink()
    with pytest.raises(FileNotFoundError):
        cutter.create()


def test_every_shipped_word_survives_in_a_sentence(cutter: Cutter) -> None:
    cutter.config["lexicon"] = str(SHIPPED)
    tokenizer = cutter.create()
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    words = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    assert len(words) > 50
    broken = [word for word in words if word not in cut(tokenizer, f"，{word}，")]
    assert broken == []


def test_shipped_words_are_each_written_once() -> None:
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    words = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    assert sorted(words) == sorted(set(words))
