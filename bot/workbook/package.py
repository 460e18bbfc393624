"""The zip that an .xlsx is, looked at before anything unpacks it."""

from __future__ import annotations

import zipfile
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from bot.workbook.refusal import Refusal

MB = 1 << 20
MOST_BYTES = 20 * MB
MOST_UNPACKED = 200 * MB
MOST_MEMBERS = 2000
BLOCK = 1 << 20
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# the stream in which Office keeps a workbook with a password
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
MACROS = ("vbaproject.bin", "vbaproject.xml")
PROLOG = 4096


def check_package(file: Path) -> None:
    """Raises Refusal for everything that is no plain .xlsx of a size that we can hold."""
    size = file.stat().st_size
    if not size:
        raise Refusal("empty")
    if size > MOST_BYTES:
        raise Refusal("too_big", most=MOST_BYTES // MB)
    with file.open("rb") as opened:
        first = opened.read(len(OLE))
    if first == OLE:
        raise Refusal("locked" if ENCRYPTED in file.read_bytes() else "old_xls")
    if not zipfile.is_zipfile(file):
        raise Refusal("not_xlsx")
    try:
        with ZipFile(file) as package:
            _check_members(package)
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise Refusal("broken") from error


def _check_members(package: ZipFile) -> None:
    """The sizes count that the directory declares: zipfile unpacks no byte more than that."""
    members = package.infolist()
    total = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS or total > MOST_UNPACKED:
        raise Refusal("bomb", most=MOST_UNPACKED // MB, members=MOST_MEMBERS)
    if any(member.flag_bits & 1 for member in members):
        raise Refusal("locked")
    names = [member.filename.lower() for member in members]
    if any(name.rpartition("/")[2] in MACROS or "/macrosheets/" in name for name in names):
        raise Refusal("macros")
    if "xl/workbook.xml" not in names:
        raise Refusal("not_xlsx")
    for member in members:
        if member.filename.lower().endswith((".xml", ".rels")):
            with package.open(member) as opened:
                # a spreadsheet declares no entities; who does wants them to grow
                if b"<!DOCTYPE" in opened.read(PROLOG).replace(b"\0", b""):
                    raise Refusal("broken")
