"""Four questions over shared features, trained on a handful of sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message

from engine.normal_form import normal_form
from engine.tokenizer import ChineseTokenizer
from engine.triage_classifier import TriageClassifier
from tests.engine.making import example, training_data, words_of

CONSULT, AID, NOTARY = "legal_consultation", "legal_aid", "notarization"
LABELLED = [
    ("老板拖欠工资三个月不发", CONSULT, "labor", "none"),
    ("老板拖欠工资还辞退我", CONSULT, "labor", "none"),
    ("公司拖欠工资怎么要回来", CONSULT, "labor", "none"),
    ("离婚孩子归谁抚养", CONSULT, "marriage_family", "none"),
    ("离婚房子怎么分割", CONSULT, "marriage_family", "none"),
    ("离婚孩子抚养费给多少", CONSULT, "marriage_family", "none"),
    ("老公今晚拳头砸我", CONSULT, "marriage_family", "violence"),
    ("老公今晚拳头伤人", CONSULT, "marriage_family", "violence"),
    ("老公拳头砸我脸上", CONSULT, "marriage_family", "violence"),
    ("朋友借钱不还有借条", CONSULT, "debt", "none"),
    ("朋友借钱不还没借条", CONSULT, "debt", "none"),
    ("借条写错名字能要钱吗", CONSULT, "debt", "none"),
    ("没钱请律师想申请法律援助", AID, "labor", "none"),
    ("低保户申请法律援助要材料吗", AID, "marriage_family", "none"),
    ("答辩期明早截止申请法律援助", AID, "debt", "deadline"),
    ("举证明早截止申请法律援助", AID, "debt", "deadline"),
    ("答辩期明早截止没钱请律师", AID, "debt", "deadline"),
]
# no matter: a notary asks for none
UNLABELLED = ["遗嘱公证怎么办理", "委托公证带什么材料", "公证处周末上班吗", "房产公证收费多少"]
NEW = ["拖欠工资想要回来", "公证要带身份证吗", "离婚了孩子怎么办", "今晚拳头又来了", "？"]
CUES = {"kinds": {"threat": {"cues": ["弄死", "恐吓"], "not_with": ["去年"]}}}
Output = dict[str, Any]


class Bench:
    """Tokenizer and classifier as the graph wires them, over files of the test."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        folder.mkdir()
        lexicon, cues = folder / "lexicon.txt", folder / "urgency.yml"
        turns = folder / "turns.yml"
        turns.write_text("words: [另外]", encoding="utf-8")
        lexicon.write_text("法律援助\n", encoding="utf-8")
        cues.write_text(yaml.safe_dump(CUES, allow_unicode=True), encoding="utf-8")
        storage_folder = folder / "model"
        storage_folder.mkdir()
        self.cues = cues
        self.storage = LocalModelStorage.create(storage_folder)
        self.resource = Resource("triage")
        self.context = ExecutionContext(None)
        words = {"lexicon": str(lexicon), "places": str(folder / "none.json")}
        self.tokenizer = ChineseTokenizer.create(
            {**ChineseTokenizer.get_default_config(), **words},
            self.storage,
            Resource("tokenizer"),
            self.context,
        )
        self.config: dict[str, Any] = {
            **TriageClassifier.get_default_config(),
            "urgency_cues": str(cues),
            "turns": str(turns),
            **settings,
        }

    def train(self, examples: list[Message]) -> TriageClassifier:
        data = self.tokenizer.process_training_data(training_data(examples))
        classifier = TriageClassifier.create(self.config, self.storage, self.resource, self.context)
        assert classifier.train(data) == self.resource
        return classifier

    def load(self) -> TriageClassifier:
        return TriageClassifier.load(self.config, self.storage, self.resource, self.context)

    def ask(self, classifier: TriageClassifier, texts: list[str]) -> list[Output]:
        messages = self.tokenizer.process([Message.build(text) for text in texts])
        return [
            message.as_dict(only_output_properties=True) for message in classifier.process(messages)
        ]


def examples(
    unlabelled_service: str = NOTARY, unlabelled_matter: str | None = None
) -> list[Message]:
    labelled = [example(*item) for item in LABELLED]
    return labelled + [
        example(text, unlabelled_service, unlabelled_matter, "none") for text in UNLABELLED
    ]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("triage") / "bench")


@pytest.fixture(scope="module")
def classifier(bench: Bench) -> TriageClassifier:
    return bench.train(examples())


def names(ranking: list[dict[str, Any]]) -> list[str]:
    return [item["name"] for item in ranking]


@pytest.mark.parametrize(
    ("text", "service", "matter"),
    [
        ("老板拖欠工资", CONSULT, "labor"),
        ("離婚孩子歸誰", CONSULT, "marriage_family"),
        ("朋友借钱不还", CONSULT, "debt"),
        ("想申请法律援助", AID, None),
        ("遗嘱公证带什么材料", NOTARY, None),
    ],
)
def test_service_and_matter(
    bench: Bench, classifier: TriageClassifier, text: str, service: str, matter: str | None
) -> None:
    answer = bench.ask(classifier, [text])[0]
    assert answer["intent"]["name"] == service
    if matter:
        assert answer["matters"][0]["name"] == matter


def test_outputs_are_ranked(bench: Bench, classifier: TriageClassifier) -> None:
    for answer in bench.ask(classifier, NEW):
        assert answer["intent"] == answer["intent_ranking"][0]
        for ranking in (answer["intent_ranking"], answer["matters"]):
            confidences = [item["confidence"] for item in ranking]
            assert len(ranking) >= 2
            assert confidences == sorted(confidences, reverse=True)
            assert 0 < sum(confidences) <= 1 + 1e-6
            assert len(names(ranking)) == len(set(names(ranking)))
            assert all(type(value) is float for value in confidences)  # JSON, not numpy
        assert set(names(answer["intent_ranking"])) <= {CONSULT, AID, NOTARY}
        assert set(names(answer["matters"])) <= {"labor", "marriage_family", "debt"}


def test_urgency_has_one_shape(bench: Bench, classifier: TriageClassifier) -> None:
    for answer in bench.ask(classifier, [*NEW, "他说要弄死我"]):
        urgency = answer["urgency"]
        assert set(urgency) == {"kind", "flag", "confidence", "evidence"}
        assert urgency["flag"] is (urgency["kind"] != "none")
        assert 0 <= urgency["confidence"] <= 1


def test_a_cue_speaks_before_the_learned_head(bench: Bench, classifier: TriageClassifier) -> None:
    raised, past = bench.ask(classifier, ["借钱的人恐嚇我还要弄　死我", "去年有人恐吓我"])
    assert raised["urgency"] == {
        "kind": "threat", "flag": True, "confidence": 1.0, "evidence": ["弄死", "恐吓"],
    }  # fmt: skip
    assert past["urgency"]["kind"] != "threat"


def test_the_learned_head_names_words_of_the_text(
    bench: Bench, classifier: TriageClassifier
) -> None:
    answer = bench.ask(classifier, ["老公今晚拳头砸我"])[0]
    assert answer["urgency"]["kind"] == "violence"
    assert answer["urgency"]["flag"] is True
    assert answer["urgency"]["confidence"] >= bench.config["urgent_from"]
    assert "拳头" in answer["urgency"]["evidence"]
    assert all(word in "老公今晚拳头砸我" for word in answer["urgency"]["evidence"])


def test_evidence_is_always_words_of_the_text(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "always", urgent_from=0.0)
    classifier = bench.train(examples())
    texts = [*NEW, *UNLABELLED, *(item[0] for item in LABELLED)]
    for text, answer in zip(texts, bench.ask(classifier, texts), strict=True):
        urgency = answer["urgency"]
        assert urgency["flag"] is True
        message = bench.tokenizer.process([Message.build(text)])[0]
        assert set(urgency["evidence"]) <= set(words_of(message))
        assert all(word in normal_form(text) for word in urgency["evidence"])
        assert len(urgency["evidence"]) == len(set(urgency["evidence"])) <= 3


def test_calm_texts_stay_calm(bench: Bench, classifier: TriageClassifier) -> None:
    urgency = bench.ask(classifier, ["房产公证收费多少"])[0]["urgency"]
    assert urgency["kind"] == "none"
    assert urgency["evidence"] == []


def test_an_example_without_a_matter_trains_the_other_heads(tmp_path: Path) -> None:
    """Its service and urgency count; it adds no matter."""
    first, second = Bench(tmp_path / "first"), Bench(tmp_path / "second")
    answers = first.ask(first.train(examples()), NEW)
    others = second.ask(second.train(examples(unlabelled_service="bar_exam")), NEW)
    assert {name for answer in answers for name in names(answer["matters"])} == {
        "labor", "marriage_family", "debt",
    }  # fmt: skip
    assert answers[1]["intent"]["name"] == NOTARY
    assert others[1]["intent"]["name"] == "bar_exam"


def test_the_same_example_with_a_matter_does_move_them(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "labelled")
    answers = bench.ask(bench.train(examples(unlabelled_matter="general")), NEW)
    assert answers[1]["matters"][0]["name"] == "general"


def test_training_twice_gives_the_same(tmp_path: Path) -> None:
    benches = [Bench(tmp_path / "one"), Bench(tmp_path / "two")]
    one, two = [bench.ask(bench.train(examples()), NEW) for bench in benches]
    assert one == two


def test_a_loaded_classifier_predicts_the_same(bench: Bench, classifier: TriageClassifier) -> None:
    texts = [*NEW, "他恐吓我", "老公今晚拳头砸我"]
    before, after = bench.ask(classifier, texts), bench.ask(bench.load(), texts)
    for old, new in zip(before, after, strict=True):
        assert new["urgency"]["kind"] == old["urgency"]["kind"]
        assert new["urgency"]["evidence"] == old["urgency"]["evidence"]
        for key in ("intent_ranking", "matters"):
            assert names(new[key]) == names(old[key])
            # weights are kept as they are served
            assert [item["confidence"] for item in new[key]] == pytest.approx(
                [item["confidence"] for item in old[key]], abs=1e-6
            )


def test_loading_twice_predicts_exactly_the_same(
    bench: Bench, classifier: TriageClassifier
) -> None:
    assert bench.ask(bench.load(), NEW) == bench.ask(bench.load(), NEW)


def test_a_model_keeps_its_cues(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "cues")
    bench.train(examples())
    bench.cues.unlink()
    assert bench.ask(bench.load(), ["他说要弄死我"])[0]["urgency"]["kind"] == "threat"


def test_a_model_holds_no_code(bench: Bench, classifier: TriageClassifier) -> None:
    with bench.storage.read_from(bench.resource) as folder:
        assert {file.suffix for file in folder.iterdir()} == {".json", ".npy", ".npz"}


def test_a_text_is_judged_alone(bench: Bench, classifier: TriageClassifier) -> None:
    together = bench.ask(classifier, NEW)
    for text, expected in zip(NEW, together, strict=True):
        alone = bench.ask(classifier, [text])[0]
        assert names(alone["intent_ranking"]) == names(expected["intent_ranking"])
        assert alone["intent"]["confidence"] == pytest.approx(expected["intent"]["confidence"])


def test_an_untrained_classifier_says_nothing(bench: Bench) -> None:
    untrained = TriageClassifier.create(
        bench.config, bench.storage, Resource("untrained"), bench.context
    )
    assert "intent" not in untrained.process([Message.build("公证")])[0].data


def test_changed_cues_are_a_changed_component(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "fingerprint")
    before = TriageClassifier.fingerprint_addon(bench.config)
    assert before == TriageClassifier.fingerprint_addon(bench.config)
    bench.cues.write_text("kinds: {}", encoding="utf-8")
    assert TriageClassifier.fingerprint_addon(bench.config) != before


def test_the_tokenizer_comes_first() -> None:
    assert TriageClassifier.required_components() == [ChineseTokenizer]


def test_for_whom_it_is_asked(bench: Bench, classifier: TriageClassifier) -> None:
    for answer in bench.ask(classifier, NEW):
        assert answer["party"]["name"] == "self"
        assert 0 < answer["party"]["confidence"] <= 1


def test_two_troubles_are_both_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "two", sure_from=0.3)
    classifier = bench.train(examples())
    text = "老板拖欠工资三个月，另外离婚孩子归谁抚养"
    told = bench.ask(classifier, [text])[0]["troubles"]
    assert [item["matter"] for item in told] == ["labor", "marriage_family"]
    assert "".join(item["text"] for item in told) == normal_form(text)
    # a desk asked for after a trouble is a question about that trouble
    asked = "老板拖欠工资三个月，另外想申请法律援助"
    assert bench.ask(classifier, [asked])[0]["troubles"] == []
    # the same trouble twice is one
    assert (
        bench.ask(classifier, ["老板拖欠工资三个月，另外公司拖欠工资怎么要"])[0]["troubles"] == []
    )


def test_unsure_parts_are_no_two_troubles(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "unsure", sure_from=1.0)
    classifier = bench.train(examples())
    told = bench.ask(classifier, ["老板拖欠工资三个月，另外离婚孩子归谁抚养"])
    assert told[0]["troubles"] == []
