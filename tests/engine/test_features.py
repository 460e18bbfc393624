"""Numbers for a text, and that they are the same after a model was written and read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.features import VECTOR, Features, Rows

TEXTS = [
    "老板拖欠工资三个月",
    "老板拖欠工资不给",
    "工伤怎么赔偿",
    "工伤认定怎么申请",
    "离婚孩子归谁",
    "离婚房子怎么分",
]
TOKENS = [
    ["老板", "拖欠", "工资", "三个", "月"],
    ["老板", "拖欠", "工资", "不", "给"],
    ["工伤", "怎么", "赔偿"],
    ["工伤", "认定", "怎么", "申请"],
    ["离婚", "孩子", "归", "谁"],
    ["离婚", "房子", "怎么", "分"],
]
NEW = ["公司拖欠工资", "今天天气好", ""]
NEW_TOKENS: list[list[str]] = [["公司", "拖欠", "工资"], ["今天", "天气", "好"], []]


def equal(left: Rows, right: Rows) -> bool:
    terms = left.terms.shape == right.terms.shape and (left.terms != right.terms).nnz == 0
    return bool(terms and np.array_equal(left.vectors, right.vectors))


def test_training_rows_are_the_rows_of_the_same_texts() -> None:
    features, rows = Features.fit(TEXTS, TOKENS)
    again = features.rows(TEXTS, TOKENS)
    assert (rows.terms != again.terms).nnz == 0
    # encoded in other company, added up in another order
    np.testing.assert_allclose(rows.vectors, again.vectors, atol=1e-6)


def test_a_row_is_characters_words_sounds_and_a_sentence_vector() -> None:
    features, rows = Features.fit(TEXTS, TOKENS)
    characters, words = features.characters.vocabulary_, features.words.vocabulary_
    sounds = features.sounds.vocabulary_
    assert rows.terms.shape == (len(TEXTS), len(characters) + len(words) + len(sounds))
    assert rows.vectors.shape == (len(TEXTS), VECTOR)
    assert {rows.terms.dtype, rows.vectors.dtype} == {np.dtype(np.float32)}
    # what stands in one text only is not learned
    assert set(words) == {"老板", "拖欠", "工资", "工伤", "怎么", "离婚"}
    assert {"工", "怎", "怎么"} <= set(characters)
    assert "老板拖" not in characters  # in two texts only: three are asked of characters
    assert "月" not in characters
    assert {"gong", "zen'me", "=zm"} <= set(sounds)
    assert "tuo'qian" not in sounds  # in two texts only


def test_what_is_written_by_ear_has_its_sounds_and_only_them() -> None:
    features, _ = Features.fit(TEXTS, TOKENS)
    rows = features.rows(["公", "zenme", "zm"], [["公"], ["zenme"], ["zm"]])
    border = len(features.characters.vocabulary_) + len(features.words.vocabulary_)
    written, heard = rows.terms[:, :border].toarray(), rows.terms[:, border:].toarray()
    columns = [features.sounds.vocabulary_[sound] for sound in ("gong", "zen'me", "=zm")]
    assert (heard[:, columns] > 0).tolist() == [
        [True, False, False], [False, True, True], [False, False, True],
    ]  # fmt: skip
    assert not written.any()


def test_written_and_read_gives_equal_rows(tmp_path: Path) -> None:
    features, _ = Features.fit(TEXTS, TOKENS)
    features.write(tmp_path)
    read = Features.read(tmp_path)
    for texts, tokens in ((TEXTS, TOKENS), (NEW, NEW_TOKENS)):
        assert equal(features.rows(texts, tokens), read.rows(texts, tokens))


def test_a_read_row_keeps_the_order_of_its_columns(tmp_path: Path) -> None:
    features, _ = Features.fit(TEXTS, TOKENS)
    features.write(tmp_path)
    read = Features.read(tmp_path)
    assert read.characters.vocabulary_ == features.characters.vocabulary_
    assert read.words.vocabulary_ == features.words.vocabulary_
    assert read.sounds.vocabulary_ == features.sounds.vocabulary_


def test_what_is_written_holds_no_code(tmp_path: Path) -> None:
    Features.fit(TEXTS, TOKENS)[0].write(tmp_path)
    assert {file.suffix for file in tmp_path.iterdir()} == {".json", ".npy"}
    for file in tmp_path.glob("*.npy"):
        assert np.load(file, allow_pickle=False).dtype == np.float64


def test_unknown_and_empty_texts_have_finite_rows() -> None:
    features, _ = Features.fit(TEXTS, TOKENS)
    rows = features.rows(NEW, NEW_TOKENS)
    assert np.isfinite(rows.terms.toarray()).all()
    assert np.isfinite(rows.vectors).all()
    assert rows.vectors[1].any()  # it knows words that no example has


def test_a_text_is_the_same_alone_and_among_others() -> None:
    features, _ = Features.fit(TEXTS, TOKENS)
    together = features.rows(NEW[:2], NEW_TOKENS[:2])
    alone = features.rows(NEW[:1], NEW_TOKENS[:1])
    np.testing.assert_allclose(together.vectors[0], alone.vectors[0], atol=1e-6)
    assert (together.terms[0] != alone.terms[0]).nnz == 0


@pytest.mark.parametrize("name", ["words_idf.npy", "sounds.json"])
def test_a_missing_file_is_told(tmp_path: Path, name: str) -> None:
    Features.fit(TEXTS, TOKENS)[0].write(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(FileNotFoundError):
        Features.read(tmp_path)
