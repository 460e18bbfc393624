"""Words that may mean danger: indirect wording counts, past and supposed things do not."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from engine.normal_form import normal_form
from engine.urgency import Cues, parse_cues, read_cues
from tests.engine.making import ROOT

SHIPPED = ROOT / "nlu_data/lexicons/urgency.yml"
CUES = read_cues(SHIPPED)
KINDS = [cues.kind for cues in CUES]


def raised(text: str) -> dict[str, list[str]]:
    """Every kind that the shipped cues see in a text, the gravest first."""
    plain = normal_form(text)
    found = {cues.kind: cues.evidence(plain) + cues.hinted(plain) for cues in CUES}
    return {kind: evidence for kind, evidence in found.items() if evidence}


@pytest.mark.parametrize(
    ("text", "kind", "evidence"),
    [
        ("这日子我真是活着没意思，孩子也不理我", "self_harm", "活着没意思"),
        ("债还不清，没脸活了", "self_harm", "没脸活"),
        ("遗书都写好了", "self_harm", "遗书"),
        ("放学到现在孩子没回家，老师说早走了", "child_risk", "孩子没回家"),
        ("前夫下午来学校抢走了孩子", "child_risk", "抢走了孩子"),
        ("我现在躲在卫生间不敢出声", "violence", "躲在卫生间"),
        ("佢又打我，点算", "violence", "又打我"),
        ("他在外面踹门", "violence", "踹门"),
        ("我弟昨晚被派出所带走了，家里人见不到", "detained_now", "被派出所带"),
        ("老公被拉咗，我唔知去边度", "detained_now", "被拉咗"),
        ("他说不还钱就把裸照发出来", "threat", "裸照"),
        ("门口被泼油漆", "threat", "泼油漆"),
        ("上诉期今天最后一天", "deadline", "今天最后一天"),
        ("后天开庭，我还没律师", "deadline", "后天开庭"),
    ],
)
def test_indirect_wording_raises_it(text: str, kind: str, evidence: str) -> None:
    assert evidence in raised(text)[kind]


@pytest.mark.parametrize(
    "text", ["110", "１１０！", "救", "救……", "SOS", "help me", "救救我", "他来了"]
)
def test_a_cry_for_help_needs_no_sentence(text: str) -> None:
    assert "violence" in raised(text)


@pytest.mark.parametrize(
    "text", ["1100元", "我住110号", "一个月110块", "急救电话是120吗", "他来了公司"]
)
def test_a_number_or_word_in_a_sentence_is_no_cry(text: str) -> None:
    assert "violence" not in raised(text)


@pytest.mark.parametrize(
    "text",
    [
        "他又　打我",
        "他又\n打我",
        "他 拿 着 刀",
        "他威脅我",
        "前夫搶走孩子",
        "不给钱就說要潑油漆",
    ],
)
def test_the_writing_does_not_matter(text: str) -> None:
    assert raised(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("去年他动手打我，现在想离婚", "violence"),
        ("前年被打过一次，伤早好了", "violence"),
        ("小时候常挨打，这能告吗", "violence"),
        ("如果他威胁我，我该怎么留证据", "threat"),
        ("假如孩子被抱走，警察多久立案", "child_risk"),
        ("多年前的猥亵案还能追究吗", "child_risk"),
        ("刑满出狱后想恢复身份证，当年被拘留过", "detained_now"),
        ("累得想死，天天加班没有加班费", "self_harm"),
        ("电视剧里有人跳楼，物业要赔吗", "self_harm"),
        ("会员卡马上到期，老板不给退", "deadline"),
    ],
)
def test_past_supposed_and_unreal_things_do_not(text: str, kind: str) -> None:
    assert kind not in raised(text)


@pytest.mark.parametrize(
    "text",
    [
        "老板拖欠工资怎么办",
        "公证处几点上班",
        "想问离婚要准备什么材料",
        "邻居把路堵了",
        "请问法律援助要什么条件",
        "",
    ],
)
def test_calm_texts_raise_nothing(text: str) -> None:
    assert raised(text) == {}


def test_what_goes_on_is_urgent_whatever_else_is_past() -> None:
    assert raised("我去年结婚的，现在老公拿刀要砍我") == {"violence": ["拿刀"]}
    assert raised("上个月开始他天天动手打我") == {"violence": ["动手打我", "动手"]}
    assert raised("去年他打我了，后来和好了") == {}


def test_kinds_are_those_of_the_taxonomy() -> None:
    services = ROOT / "knowledge/data/services.yml"
    taxonomy = yaml.safe_load(services.read_text(encoding="utf-8"))["urgency"]
    assert len(KINDS) == len(set(KINDS))
    assert {*KINDS, "none"} == set(taxonomy)


def test_danger_to_life_comes_before_a_deadline() -> None:
    assert KINDS[0] == "self_harm"
    assert KINDS[-1] == "deadline"
    assert list(raised("明天开庭，我不想活了")) == ["self_harm", "deadline"]


@pytest.mark.parametrize("cues", CUES, ids=KINDS)
def test_every_shipped_cue_can_be_seen(cues: Cues) -> None:
    unseen = [cue for cue in cues.cues if cue not in cues.evidence(f"我{cue}了")]
    assert unseen == []


@pytest.mark.parametrize("cues", CUES, ids=KINDS)
def test_every_shipped_word_against_it_silences(cues: Cues) -> None:
    # "又打我" says by itself that it goes on
    cue = next(cue for cue in cues.cues if not any(word in cue for word in cues.still))
    loud = [word for word in cues.not_with if cues.evidence(f"{word}{cue}")]
    assert loud == []


@pytest.mark.parametrize("cues", CUES, ids=KINDS)
def test_shipped_words_are_written_once_and_long_enough(cues: Cues) -> None:
    for words in (cues.cues, cues.not_with):
        assert len(words) == len(set(words))
        assert min(map(len, words)) >= 2


def test_evidence_is_in_the_order_of_the_list_and_stands_in_the_text() -> None:
    cues = Cues("violence", ("拿刀", "打我"), (), ("去年",))
    assert cues.evidence("他打我还拿刀") == ["拿刀", "打我"]
    assert cues.evidence("去年他打我") == []
    assert cues.evidence("") == []


def test_cues_are_brought_into_normal_form() -> None:
    content = {"kinds": {"threat": {"cues": ["威脅 ＡＢ"], "not_with": ["以 前"]}}}
    assert parse_cues(content) == [Cues("threat", ("威胁ab",), (), ("以前",))]


def test_a_kind_without_its_words_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "urgency.yml"
    file.write_text("kinds: {threat: {cues: [威胁]}}", encoding="utf-8")
    with pytest.raises(KeyError, match="not_with"):
        read_cues(file)


def test_a_hint_alone_is_no_cue() -> None:
    """家暴 stands in many a question of mere knowledge."""
    violence = next(cues for cues in CUES if cues.kind == "violence")
    assert violence.evidence(normal_form("家暴怎么认定")) == []
    assert violence.hinted(normal_form("家暴怎么认定")) == ["家暴"]
    assert violence.hinted(normal_form("以前有过家暴")) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("我要跳楼", "self_harm"),
        ("他说想自杀", "self_harm"),
        ("我割腕了", "self_harm"),
        ("救命", "violence"),
        ("快来人", "violence"),
    ],
)
def test_a_cry_for_help_needs_no_second_sign(text: str, kind: str) -> None:
    cues = next(cues for cues in CUES if cues.kind == kind)
    assert cues.evidence(normal_form(text))
