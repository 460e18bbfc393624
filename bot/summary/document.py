"""A sheet as a Word document: A4, Chinese by its fonts and its language, headings that are ones."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from docx import Document
from docx.document import Document as Paper
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from bot.summary.sheet import Item, Section, Sheet, Table
from bot.words import words
from knowledge.law.links import pieces

MEDIA = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LANGUAGE = "zh-CN"
LATIN = "Times New Roman"
MARGIN = Mm(20)
# name of the style → points of its letters, of the room before and after it
TEXT_STYLES = {"Normal": (12, 0, 4), "List Bullet": (12, 0, 3)}
HEAD_STYLES = {"Title": (22, 0, 8), "Heading 1": (15, 12, 4), "Heading 2": (13, 6, 2)}
OUTCOME = Pt(14)
SMALL = Pt(10.5)
LINE = 1.15  # of the height of the letters
FIRST_COLUMN = Mm(55)
SECOND_COLUMN = Mm(115)
BLACK = RGBColor(0, 0, 0)


def to_docx(sheet: Sheet, site: str = "") -> bytes:
    """The bytes of the .docx. Raises nothing for any sheet of `lay_out`.

    `site` is the public address, before which articles lead to the law's own pages; without one
    they are words only, as they are on paper.
    """
    paper = Document()
    _set_up(paper, sheet)
    paper.add_heading(sheet.title, level=0)
    outcome = paper.add_paragraph().add_run(sheet.outcome)
    outcome.bold, outcome.font.size = True, OUTCOME
    for line in sheet.about:
        paper.add_paragraph(line)
    for section in sheet.sections:
        _write(paper, section, site)
    _name_sources(paper, sheet.sources, site)
    for number, line in enumerate(sheet.closing):
        paragraph = paper.add_paragraph(line)
        paragraph.paragraph_format.space_before = Pt(0 if number else 12)
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def _write(paper: Paper, section: Section, site: str) -> None:
    paper.add_heading(section.heading, level=1)
    if section.table:
        _table(paper, section.table, section.heading)
    for group in section.lists:
        if group.heading:
            paper.add_heading(group.heading, level=2)
        for item in group.items:
            _item(paper, item, site)
    for line in section.lines:
        _say(paper.add_paragraph(), line, site)


def _item(paper: Paper, item: Item, site: str) -> None:
    point = paper.add_paragraph(style="List Bullet")
    point.paragraph_format.keep_together = True
    _say(point, item.text, site)
    for line, size in (*((one, None) for one in item.lines), *((one, SMALL) for one in item.small)):
        point.add_run().add_break()
        _say(point, line, site, size)


def _name_sources(paper: Paper, sources: Section, site: str) -> None:
    if sources.lines:
        paper.add_heading(sources.heading, level=1)
    for line in sources.lines:
        _say(paper.add_paragraph(style="List Bullet"), line, site, SMALL)


def _say(paragraph: Paragraph, line: str, site: str, size: Length | None = None) -> None:
    """A line at the end of a paragraph; with a public address its articles can be clicked."""
    for part in pieces(line):
        if part.url and site:
            _link(paragraph, part.text, site + part.url).font.size = size
        else:
            paragraph.add_run(part.text).font.size = size


def _link(paragraph: Paragraph, text: str, address: str) -> Run:
    """Underlined and black: on paper too it reads as it is written."""
    link = OxmlElement("w:hyperlink")
    to = paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link.set(qn("r:id"), to)
    run = paragraph.add_run(text)
    run.underline = True
    link.append(run._r)
    paragraph._p.append(link)
    return run


def _table(paper: Paper, table: Table, about: str) -> None:
    """With a first row that is a head, repeated on a next page and read out by screen readers."""
    grid = paper.add_table(rows=0, cols=2, style="Table Grid")
    grid.autofit = False
    for number, row in enumerate((table.head, *table.rows)):
        added = grid.add_row()
        properties = added._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if number == 0:
            properties.append(OxmlElement("w:tblHeader"))
        for cell, text, width in zip(added.cells, row, (FIRST_COLUMN, SECOND_COLUMN), strict=True):
            cell.width = width
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(2)
            paragraph.add_run(text).bold = number == 0
    for column, width in zip(grid.columns, (FIRST_COLUMN, SECOND_COLUMN), strict=True):
        column.width = width
    caption = OxmlElement("w:tblCaption")
    caption.set(qn("w:val"), about)
    grid._tbl.tblPr.append(caption)


# ---------------------------------------------------------------- the whole document


def _set_up(paper: Paper, sheet: Sheet) -> None:
    text = words("summary")
    page = paper.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = MARGIN
    _number_pages(page.footer.paragraphs[0], text["footer"])
    for name, room in (TEXT_STYLES | HEAD_STYLES).items():
        _dress(paper.styles[name], text["fonts"]["heads" if name in HEAD_STYLES else "text"], *room)
    paper.styles["Title"].element.pPr.remove(paper.styles["Title"].element.pPr.find(qn("w:pBdr")))
    _speak_chinese(paper)
    _sign(paper, sheet)


def _number_pages(footer: Paragraph, form: str) -> None:
    """Loose sheets want their numbers; Word fills in the field where `form` says {page}."""
    before, _, after = form.partition("{page}")
    number = OxmlElement("w:fldSimple")
    number.set(qn("w:instr"), "PAGE")
    footer.add_run(before)
    footer._p.append(number)
    footer.add_run(after)
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _dress(style: Any, east_asian: str, points: int, before: int, after: int) -> None:
    """Black ink, room, and a font for Chinese; the template's theme fonts would win over ours."""
    assert isinstance(style, ParagraphStyle)
    style.paragraph_format.space_before = Pt(before)
    style.paragraph_format.space_after = Pt(after)
    style.paragraph_format.line_spacing = LINE
    style.font.size = Pt(points)
    style.font.color.rgb = BLACK
    style.font.name = LATIN
    fonts = style.element.rPr.rFonts
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for script, font in (
        ("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", east_asian)
    ):  # fmt: skip
        fonts.set(qn(f"w:{script}"), font)


def _speak_chinese(paper: Paper) -> None:
    """The language of everything that names no other: for screen readers and spelling."""
    language = paper.styles.element.find(f".//{qn('w:docDefaults')}//{qn('w:lang')}")
    language.set(qn("w:val"), LANGUAGE)
    language.set(qn("w:eastAsia"), LANGUAGE)
    theme = paper.settings.element.find(qn("w:themeFontLang"))
    theme.set(qn("w:val"), LANGUAGE)
    theme.set(qn("w:eastAsia"), LANGUAGE)


def _sign(paper: Paper, sheet: Sheet) -> None:
    """Who made it and what it is; of the resident only what the sheet itself says."""
    text, properties = words("summary"), paper.core_properties
    properties.title = sheet.title
    properties.subject = text["subject"]
    properties.author = properties.last_modified_by = text["author"]
    properties.language = LANGUAGE
    properties.comments = properties.keywords = properties.category = ""
    properties.created = properties.modified = datetime.now(UTC).replace(tzinfo=None)
    properties.revision = 1
