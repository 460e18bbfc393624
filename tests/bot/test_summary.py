"""The summary of a screening: what stands in it, on the page and in Word, and who may read it."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile

import httpx
import pytest
import pytest_asyncio
import yaml
from docx import Document
from docx.document import Document as Paper
from docx.oxml.ns import qn
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from bot.api.state import AppState
from bot.clock import utcnow
from bot.gateway.gateway import JOINABLE
from bot.gateway.store import StoreAway
from bot.summary.document import LATIN, MEDIA, SMALL, to_docx
from bot.summary.reading import read_summary
from bot.summary.sheet import lay_out, stamp
from bot.tables import Conversation
from bot.web import page
from bot.words import CONTENT, words
from knowledge.eligibility.rules import rulebook
from tests.bot.conftest import FakeEngine, said
from tests.bot.screening import about, hostile_card, screening_card
from tests.bot.test_page import HAN, Page, leaves, without_comments

PAGE = "/legal-aid/summary"
WORD = "/legal-aid/summary.docx"
SITE = "https://wenfa.example"
V1 = "/api/v1"
# loop_scope is the app's own: it was started once
running = pytest.mark.asyncio(loop_scope="session")


def document(card: dict[str, Any]) -> Paper:
    return Document(io.BytesIO(to_docx(lay_out(read_summary(card)))))


def linked(paper: Paper) -> list[tuple[str, str]]:
    """What can be clicked, in order, and where it leads."""
    return [
        (link.text, unquote(link.address)) for one in paper.paragraphs for link in one.hyperlinks
    ]


def visible(html: str) -> str:
    """The words of a page without its tags."""
    return unescape(re.sub(r"<[^>]*>", "", html))


def everything(paper: Paper) -> str:
    """Every word of the body, tables too."""
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in paper.paragraphs] + cells)


# ---------------------------------------------------------------- what stands in it


def test_the_card_is_read_as_it_is() -> None:
    card = screening_card()
    summary = read_summary(card)
    assert summary.outcome == "可能符合法律援助条件"
    assert (summary.city, summary.day) == ("中山市", "2026-11-26")
    assert summary.rules_version == "guangdong-2024-05-01"
    assert [(one.name, one.value) for one in summary.facts] == [
        (one["name"], one["value"]) for one in card["facts"]
    ]
    for read, kind in ((summary.basis, "basis"), (summary.open, "open"), (summary.notes, "note")):
        assert [one.text for one in read] == [one["text"] for one in about(card, kind)]
        assert all(one.article for one in read)
    assert [one.verified for one in summary.basis] == [True, False]
    assert len(summary.needed) + len(summary.bring) == len(card["materials"])
    assert [one.name for one in summary.places] == [one["name"] for one in card["apply_at"]]
    assert summary.objection == card["objection"]


KEYS = st.sampled_from(
    ["facts", "reasons", "materials", "apply_at", "about", "required", "text", "name", "day"]
)
WHATEVER = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEYS, WHATEVER, max_size=6))
def test_no_card_is_too_misshapen_for_a_sheet(card: dict[str, Any]) -> None:
    assert to_docx(lay_out(read_summary(card))).startswith(b"PK")


def test_what_no_printer_knows_is_left_out() -> None:
    said = "三\u200b个\ud800月\u202e，\x00\r\n没发\uffff工资"
    [fact] = read_summary({"facts": [{"name": "甲", "value": said}]}).facts
    assert fact.value == "三个月， 没发工资"


def test_the_sheet_leaves_out_headings_with_nothing_beneath() -> None:
    bare = screening_card() | {"reasons": [], "materials": [], "apply_at": [], "facts": []}
    sheet = lay_out(read_summary(bare))
    assert [section.heading for section in sheet.sections] == [
        "去哪里申请", "带什么", "您说的情况", "不给怎么办"
    ]  # fmt: skip
    assert [line for section in sheet.sections[:3] for line in section.lines] == [
        "受理的地方待核实，请拨 12348 询问。",
        "带身份证先去；还要什么，窗口会一次告诉您。",
        "您还没有说过情况。",
    ]
    assert sheet.sources.lines == ()


def test_what_is_not_verified_says_so() -> None:
    sheet = lay_out(read_summary(screening_card()))
    [basis] = [section for section in sheet.sections if section.heading == "依据什么"]
    first, second = basis.lists[0].items
    assert first.lines == ("依据：法律援助法第三十一条第七项（2022年1月1日起适用）",)
    assert second.lines == ("依据：粤府令第268号第三条第一项（2023年3月10日起适用）（待核实）",)
    [places] = [section for section in sheet.sections if section.heading == "去哪里申请"]
    station = places.lists[0].items[0]
    assert station.text == "小榄镇公共法律服务站（待核实）"
    assert "地址、电话、时间待核实，去之前请拨 12348 询问。" in station.lines


def test_addresses_and_files_stand_last_and_once() -> None:
    card = screening_card()
    card["reasons"] += [reason for reason in card["reasons"] if not reason["verified"]]
    sheet = lay_out(read_summary(card))
    assert sheet.sources.heading == "资料从哪里来"
    assert [line.split("：")[0] for line in sheet.sources.lines] == [
        "粤府令第268号第三条第一项",
        "小榄镇公共法律服务站",
        "中山市公共法律服务中心",
        "中山市法律援助处",
    ]
    assert "zs.gov.cn/sfj" in sheet.sources.lines[0]
    assert sheet.sources.lines[3].endswith("（2022）")
    main = str(sheet.sections)
    for source in ("zs.gov.cn", "www.zsdag.cn", "建设规划"):
        assert source not in main


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("guangdong-2024-05-01", "按广东2024年5月1日起的规则"),
        ("jiangsu-2022-01-01", "按江苏2022年1月1日起的规则"),
        ("national-2022-01-01", "按全国2022年1月1日起的规则"),
        ("atlantis-2024-05-01", ""),
        ("guangdong", ""),
    ],
)
def test_a_rule_set_is_said_in_chinese(version: str, said: str) -> None:
    assert stamp(read_summary({"rules_version": version})) == said


def test_every_rule_set_has_its_name() -> None:
    rules = rulebook()
    names = [name for province in rules.provinces.values() for _, name in province.versions]
    for version in [*names, rules.version(None, date(2026, 1, 1))]:
        assert stamp(read_summary({"rules_version": version})), version


def test_it_is_a_first_look_and_promises_nothing() -> None:
    sheet = lay_out(read_summary(screening_card()))
    assert "不是决定" in sheet.about[0]
    assert sheet.about[1] == "中山市 · 2026年11月26日 · 按广东2024年5月1日起的规则"
    assert "不是决定，也不是律师意见" in sheet.closing[0]
    assert "不另外保存" in sheet.closing[1]


# ---------------------------------------------------------------- Word


def test_the_document_has_everything_in_its_place() -> None:
    card = screening_card()
    paper = document(card)
    styles = [(one.style.name if one.style else "", one.text) for one in paper.paragraphs]
    assert styles[0] == ("Title", "法律援助初步判断小结")
    assert [text for style, text in styles if style == "Heading 1"] == [
        "去哪里申请",
        "带什么",
        "您说的情况",
        "依据什么",
        "还没弄清楚的",
        "办的时候请留意",
        "不给怎么办",
        "资料从哪里来",
    ]
    assert [text for style, text in styles if style == "Heading 2"] == [
        "必须带",
        "有就带上，没有也能去",
    ]
    [table] = paper.tables
    rows = [tuple(cell.text for cell in row.cells) for row in table.rows]
    assert rows == [("项目", "您说的"), *((one["name"], one["value"]) for one in card["facts"])]
    text = everything(paper)
    for reason in card["reasons"]:
        assert reason["text"] in text
        assert reason["article"] in text
    for thing in card["materials"]:
        assert thing["name"] in text
        assert thing["source"] in text
    for place in card["apply_at"]:
        assert place["name"] in text
    assert card["objection"] in text
    assert card["rules_version"] not in text
    for line in lay_out(read_summary(card)).sources.lines:
        assert line in text
    assert words("summary")["closing"] in text


def test_the_document_is_a_chinese_one_of_a4() -> None:
    paper = document(screening_card())
    section = paper.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)  # type: ignore[union-attr]
    for style, font in (("Normal", "宋体"), ("List Bullet", "宋体"), ("Heading 1", "黑体")):
        fonts = paper.styles[style].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == font
        assert fonts.get(qn("w:ascii")) == LATIN
        assert not [name for name in fonts.attrib if "Theme" in name]  # it would win
    language = paper.styles.element.find(f".//{qn('w:docDefaults')}//{qn('w:lang')}")
    assert language.get(qn("w:eastAsia")) == language.get(qn("w:val")) == "zh-CN"
    assert "第  页" in section.footer.paragraphs[0].text
    assert section.footer._element.findall(f".//{qn('w:fldSimple')}")


def test_the_table_is_read_out_with_its_head() -> None:
    [table] = document(screening_card()).tables
    head = table.rows[0]._tr
    assert head.findall(f".//{qn('w:tblHeader')}")
    assert table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val")) == "您说的情况"


def test_the_document_says_who_made_it_and_nothing_of_anybody() -> None:
    card = screening_card()
    properties = document(card).core_properties
    assert (properties.title, properties.language) == ("法律援助初步判断小结", "zh-CN")
    assert properties.author == properties.last_modified_by == words("summary")["author"]
    assert properties.comments == properties.keywords == ""
    with ZipFile(io.BytesIO(to_docx(lay_out(read_summary(card))))) as parts:
        told = "".join(
            parts.read(name).decode() for name in parts.namelist()
            if name.startswith("docProps/") and name.endswith(".xml")
        )  # fmt: skip
    assert not [one["value"] for one in card["facts"] if one["value"] in told]


def test_articles_can_be_clicked_where_there_is_a_public_address() -> None:
    card = screening_card()
    sheet = lay_out(read_summary(card))
    paper = Document(io.BytesIO(to_docx(sheet, SITE)))
    found = linked(paper)
    assert found[0] == ("法律援助法第四十三条", f"{SITE}/law/法律援助法/第四十三条")  # a material
    where = dict(found)
    assert where["公证法第三十四条"] == f"{SITE}/law/公证法/第三十四条"  # a note
    assert where["法律援助法第四十九条"] == f"{SITE}/law/法律援助法/第四十九条"  # the objection
    # on paper it reads the same, and black
    plain = Document(io.BytesIO(to_docx(sheet)))
    assert everything(paper) == everything(plain)
    runs = [run for one in paper.paragraphs for link in one.hyperlinks for run in link.runs]
    assert {(run.underline, run.font.color.rgb) for run in runs} == {(True, None)}
    assert runs[0].font.size == SMALL


def test_without_a_public_address_the_document_has_words_only() -> None:
    paper = document(screening_card())
    assert linked(paper) == []
    assert "依据：法律援助法第三十一条第七项（2022年1月1日起适用）" in everything(paper)


def test_hostile_text_stays_text_in_word() -> None:
    paper = document(hostile_card())
    text = everything(paper)
    seen = "</w:t><script>alert(1)</script> & {name} \"'` 结尾"
    assert seen in text
    assert paper.tables[0].rows[1].cells[1].text == seen
    # it makes no structure of its own
    plain = document(screening_card())
    assert len(paper.tables) == len(plain.tables)
    headings = [
        sum("Heading" in str(p.style and p.style.name) for p in one.paragraphs)
        for one in (paper, plain)
    ]
    assert headings[0] == headings[1]


# ---------------------------------------------------------------- the page and its door


@pytest_asyncio.fixture(loop_scope="session")
async def screened(client: httpx.AsyncClient, engine: FakeEngine) -> AsyncIterator[str]:
    """A browser whose conversation ended in a screening; the value is the session's token."""
    yield await converse(client, engine, screening_card())
    client.cookies.clear()


async def converse(client: httpx.AsyncClient, engine: FakeEngine, *cards: dict[str, Any]) -> str:
    """A conversation with an answer for each card, then one without."""
    client.cookies.clear()
    session = str((await client.post(f"{V1}/chat/sessions", json={})).json()["session"])
    for number, more in enumerate([*({"cards": [card]} for card in cards), {}]):
        engine.payloads = [said("好的。", **more)]
        message = {"id": str(number), "text": "能不能申请"}
        answer = await client.post(f"{V1}/chat", json={"message": message})
        assert answer.status_code == 200, answer.text
    return session


@running
async def test_the_page_shows_the_sheet(client: httpx.AsyncClient, screened: str) -> None:
    answer = await client.get(PAGE)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    card = screening_card()
    words_of_it = visible(answer.text)
    for reason in card["reasons"]:
        assert reason["text"] in answer.text
        assert reason["article"] in words_of_it
    for fact in card["facts"]:
        assert f'<th scope="row">{fact["name"]}</th><td>{fact["value"]}</td>' in answer.text
    for named in [*card["materials"], *card["apply_at"]]:
        assert named["name"] in answer.text
    assert card["objection"] in words_of_it
    assert words("summary")["closing"] in answer.text
    assert 'lang="zh-CN"' in answer.text


@running
async def test_each_article_on_the_page_leads_to_its_law(
    client: httpx.AsyncClient, screened: str
) -> None:
    answer = await client.get(PAGE)
    found = re.findall(r'<a href="(/law/[^"]+)"(.*?)>(.*?)</a>', answer.text)
    where = {text: unquote(url) for url, _, text in found}
    assert where["法律援助法第三十一条"] == "/law/法律援助法/第三十一条"
    assert where["法律援助法第四十九条"] == "/law/法律援助法/第四十九条"
    # in this tab: leaving quickly must leave no other one behind
    assert {more for _, more, _ in found} == {""}
    for url, _, _ in found:
        assert (await client.get(url)).status_code == 200, url


@running
async def test_the_document_of_a_public_site_has_links(
    app: FastAPI, client: httpx.AsyncClient, screened: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert linked(Document(io.BytesIO((await client.get(WORD)).content))) == []
    monkeypatch.setattr(app.state.parts.settings, "public_url", SITE)
    found = dict(linked(Document(io.BytesIO((await client.get(WORD)).content))))
    assert found["法律援助法第三十一条"] == f"{SITE}/law/法律援助法/第三十一条"


@running
async def test_the_document_is_a_download(client: httpx.AsyncClient, screened: str) -> None:
    answer = await client.get(WORD)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == MEDIA
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"summary.docx\"; filename*=UTF-8''%E5%B0%8F%E7%BB%93-2026-11-26.docx"
    )
    assert "交通事故受伤、要赔偿" in everything(Document(io.BytesIO(answer.content)))


@running
async def test_the_newest_screening_counts(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    newer = screening_card() | {"title": "还不能判断，可以直接去申请", "outcome": "unknown"}
    await converse(client, engine, screening_card(), newer)
    answer = await client.get(PAGE)
    assert newer["title"] in answer.text
    assert screening_card()["title"] not in answer.text
    client.cookies.clear()


@running
async def test_hostile_text_stays_text_on_the_page(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    card = hostile_card()
    card["day"] = '2026"\r\nSet-Cookie: a=b; filename="x.exe'
    await converse(client, engine, card)
    answer = await client.get(PAGE)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
    download = await client.get(WORD)
    assert download.status_code == 200
    assert "set-cookie" not in download.headers
    assert "x.exe" not in download.headers["content-disposition"].split("filename*")[0]
    client.cookies.clear()


@running
@pytest.mark.parametrize("path", [PAGE, WORD])
@pytest.mark.parametrize("token", [None, "", "x", "AAAAAAAAAAAAAAAAAAAAAA"])
async def test_without_a_session_there_is_nothing(
    client: httpx.AsyncClient, path: str, token: str | None
) -> None:
    client.cookies.clear()
    headers = {} if token is None else {"Cookie": f"wenfa_session={token}"}
    nothing(await client.get(path, headers=headers))


@running
@pytest.mark.parametrize("path", [PAGE, WORD])
async def test_without_a_screening_there_is_nothing(
    client: httpx.AsyncClient, engine: FakeEngine, path: str
) -> None:
    await converse(client, engine, {"type": "notice", "title": None, "text": "甲"})
    nothing(await client.get(path))
    client.cookies.clear()


@running
@pytest.mark.parametrize("path", [PAGE, WORD])
async def test_after_leaving_there_is_nothing(
    client: httpx.AsyncClient, screened: str, path: str
) -> None:
    assert (await client.get(path)).status_code == 200
    await client.get("/leave")
    nothing(await client.get(path))
    # nor for the cookie itself, if somebody had kept it
    nothing(await client.get(path, headers={"Cookie": f"wenfa_session={screened}"}))


@running
async def test_the_next_at_a_shared_telephone_finds_nothing(
    client: httpx.AsyncClient, screened: str, parts: AppState
) -> None:
    conversation_id = await parts.gateway.find(screened)
    long_ago = utcnow() - JOINABLE - timedelta(minutes=1)
    silent = update(Conversation).where(Conversation.id == conversation_id)
    await parts.gateway.store.run(lambda store: store.execute(silent.values(last_at=long_ago)))
    nothing(await client.get(PAGE))
    # who is still there says a word, and has it again
    message = {"id": "again", "text": "在"}
    await client.post(f"{V1}/chat", json={"session": screened, "message": message})
    assert (await client.get(PAGE)).status_code == 200


@running
@pytest.mark.parametrize("path", [PAGE, WORD])
async def test_a_database_that_is_away(
    client: httpx.AsyncClient,
    screened: str,
    parts: AppState,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
) -> None:
    async def away(_work: object) -> None:
        raise StoreAway("locked")

    monkeypatch.setattr(parts.gateway.store, "look", away)
    nothing(await client.get(path), 503, "away")


def nothing(answer: httpx.Response, status: int = 404, why: str = "none") -> None:
    """A page in Chinese that says what to do, and nothing of anybody."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert words("summary")["refused"][why]["title"] in answer.text
    assert "tel:12348" in answer.text
    assert "Traceback" not in answer.text
    assert "交通事故" not in answer.text


@running
async def test_nothing_is_inline_and_nothing_comes_from_elsewhere(
    client: httpx.AsyncClient, screened: str
) -> None:
    shown = await client.get(PAGE)
    client.cookies.clear()
    for answer in (shown, await client.get(PAGE)):
        assert "unsafe" not in answer.headers["content-security-policy"]
        for tag, attrs in Page(answer.text).tags:
            assert tag != "style"
            assert not [name for name in attrs if name.startswith("on") or name == "style"]
            for name in ("src", "href"):
                target = attrs.get(name)
                assert not target or re.match(r"/(?!/)|tel:", target), (tag, target)
                if target and target.startswith("/static/"):
                    assert (await client.get(target)).status_code == 200


# ---------------------------------------------------------------- words


TEMPLATES = [page.HERE / "templates" / name for name in ("summary.html", "summary_refused.html")]
MODULES = sorted((CONTENT.parent / "summary").glob("*.py"))


@pytest.mark.parametrize(
    "file", [*MODULES, page.HERE / "summary.py", page.HERE / "static" / "sheet.css"], ids=str
)
def test_no_word_is_written_in_code(file: Path) -> None:
    assert not HAN.findall(without_comments(file))


def test_every_word_of_the_summary_is_used() -> None:
    content = yaml.safe_load((CONTENT / "summary.yml").read_text(encoding="utf-8"))
    code = "".join(
        file.read_text(encoding="utf-8") for file in [*MODULES, page.HERE / "summary.py"]
    )
    templates = "".join(map(without_comments, TEMPLATES))
    assert set(re.findall(r"\bt\.(\w+)", templates)) == set(content["page"])
    assert set(re.findall(r"\brefused\.(\w+)", templates)) == {"title", "text"}
    for path in leaves({name: one for name, one in content.items() if name not in ("page",)}):
        by_value = path.startswith(("refused.", "rule_sets."))
        assert f'"{path.split(".")[-1]}"' in code or by_value, path
