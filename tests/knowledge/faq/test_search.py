"""The index of answers: exact for few items, near for many, and always a chance that none fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.faq import search
from knowledge.faq.items import Item
from knowledge.faq.live import LiveIndex
from knowledge.faq.search import FEATURES, NO_ITEM, FaqIndex, Prior, chance, weights
from knowledge.faq.vectors import SIZE, Matrix, Remembered

WAGES = ("欠工资", ["老板不发工钱", "干了活拿不到钱"], "先收好证据，再去劳动监察投诉。")
DIVORCE = ("想离婚", ["日子过不下去要分开", "跟老公散伙"], "都同意去民政局，不同意去法院。")


def fake(texts: Sequence[str]) -> Matrix:
    """Texts with the same letters are near: a letter is a direction."""
    found = np.zeros((len(texts), SIZE), dtype=np.float32)
    for row, text in zip(found, texts, strict=True):
        for letter in text:
            row[ord(letter) % SIZE] += 1
    length = np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
    return np.asarray(found / length, dtype=np.float32)


def item(id_: str, title: str, ask: Sequence[str], answer: str, matter: str = "labor") -> Item:
    return Item(
        id=id_,
        about=matter,
        title=title,
        ask=tuple(ask),
        answer=answer,
        steps=("打 12348 问清楚", "带上材料去窗口"),
        materials=(),
        fee=None,
        takes=None,
        limits=(),
        services=("legal_consultation",),
        matters=(matter,),
        groups=(),
        cities={},
        citations=(),
        effective_from=date(2020, 1, 1),
        review_by=date(2030, 1, 1),
        read_on=None,
        owner="",
        verified=True,
    )


ITEMS = [item("labor.wages", *WAGES), item("marriage_family.divorce", *DIVORCE, "marriage_family")]


@pytest.fixture(scope="module")
def index() -> FaqIndex:
    return FaqIndex(ITEMS, fake, fake)


@pytest.mark.parametrize(("asked", "id_"), [("老板欠我工钱", 0), ("我要跟老公分开", 1)])
def test_words_find_their_answer(index: FaqIndex, asked: str, id_: int) -> None:
    found = index.search(asked, Prior())
    assert found.hits[0].item is ITEMS[id_]
    assert found.hits[0].score > found.hits[1].score


def test_the_triage_decides_between_two_that_are_alike() -> None:
    twins = [
        item(f"{matter}.one", "要材料", [], "带身份证。", matter) for matter in ("debt", "tort")
    ]
    index = FaqIndex(twins, fake, fake)
    for matter, first in (("debt", 0), ("tort", 1)):
        found = index.search("要什么材料", Prior(matters={matter: 0.9}))
        assert found.hits[0].item is twins[first]


@given(st.text(max_size=80), st.floats(0, 1), st.floats(0, 1))
def test_chances_add_up_and_none_is_always_one_of_them(text: str, sure: float, out: float) -> None:
    index = _INDEX
    prior = Prior({"labor": sure}, {"out_of_scope": out})
    found = index.search(text, prior)
    assert all(0 <= hit.score <= 1 for hit in found.hits)
    assert sum(hit.score for hit in found.hits) <= 1 + 1e-9
    assert [hit.score for hit in found.hits] == sorted((h.score for h in found.hits), reverse=True)
    assert not found.known or found.hits[0].score >= weights().floor


_INDEX = FaqIndex(ITEMS, fake, fake)


def test_an_index_of_nothing_knows_nothing() -> None:
    assert FaqIndex([], fake, fake).search("欠工资", Prior()) == search.Found((), known=False)


def test_only_among_some(index: FaqIndex) -> None:
    found = index.search("老板欠我工钱", Prior(), among=frozenset({"marriage_family.divorce"}))
    assert [hit.item.id for hit in found.hits] == ["marriage_family.divorce"]
    assert index.search("欠", Prior(), among=frozenset()).hits == ()


def test_of_very_many_the_same_one_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "ALL", 50)
    monkeypatch.setattr(search, "NEAR", 10)
    letters = [chr(0x4E00 + at) for at in range(900)]
    many = [
        item(f"labor.n{at}", "".join(letters[at * 3 : at * 3 + 9]), [], "去窗口问。")
        for at in range(290)
    ]
    index = FaqIndex(many, fake, fake)
    for at in (0, 77, 289):
        found = index.search(many[at].title, Prior())
        assert found.hits[0].item is many[at]


def test_every_weight_is_given() -> None:
    assert weights().features.shape == (len(FEATURES),)
    assert weights().no_item.shape == (len(NO_ITEM),)
    assert (weights().features >= 0).all()  # nothing that speaks for an item may count against it
    assert 0 < weights().floor < 1
    nothing = np.zeros((0, len(FEATURES)))
    assert chance(nothing, np.ones(len(NO_ITEM)), weights()).tolist() == [1.0]


def test_the_index_is_made_anew_only_when_an_item_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("knowledge.faq.live.encode", fake)
    monkeypatch.setattr("knowledge.faq.live.encoder", lambda: Remembered(fake))
    live, items = LiveIndex(), {one.id: one for one in ITEMS}
    first = live.over(items)
    assert live.over(items) is first
    changed = items | {"labor.wages": replace(ITEMS[0], title="拖欠薪水")}
    assert live.over(changed) is not first
    assert live.over(changed).items[0].title == "拖欠薪水"


def test_who_cannot_wait_gets_none_while_the_first_index_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("knowledge.faq.live.PATIENCE", 0.01)
    begun, go_on = Event(), Event()

    def slow(texts: Sequence[str]) -> Matrix:
        begun.set()
        assert go_on.wait(10)
        return fake(texts)

    monkeypatch.setattr("knowledge.faq.live.encode", fake)
    monkeypatch.setattr("knowledge.faq.live.encoder", lambda: slow)
    live, items = LiveIndex(), {one.id: one for one in ITEMS}
    maker = Thread(target=live.over, args=(items,))
    maker.start()
    assert begun.wait(10)
    assert live.at_hand(items) is None
    go_on.set()
    maker.join()
    index = live.at_hand(items)
    assert index is not None
    assert index is live.over(items)


class Counting:
    """An encoder that says which texts it was asked for."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, texts: Sequence[str]) -> Matrix:
        self.texts += texts
        return fake(texts)


def test_a_text_is_encoded_once_also_over_a_restart(tmp_path: Path) -> None:
    count, file = Counting(), tmp_path / "vectors.npz"
    first = Remembered(count)
    vectors = first(["欠工资", "离婚", "欠工资"])
    assert vectors.shape == (3, SIZE)
    assert count.texts == ["欠工资", "离婚"]
    first.write(file)
    again = Remembered(count)
    again.read(file)
    np.testing.assert_allclose(again(["离婚", "押金"]), fake(["离婚", "押金"]), atol=1e-3)
    assert count.texts == ["欠工资", "离婚", "押金"]


@pytest.mark.parametrize("content", [None, b"", b"PK no zip", b"\x93NUMPY"])
def test_a_broken_file_is_as_good_as_none(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "vectors.npz"
    if content is not None:
        file.write_bytes(content)
    count = Counting()
    remembered = Remembered(count)
    remembered.read(file)
    remembered(["欠工资"])
    assert count.texts == ["欠工资"]
