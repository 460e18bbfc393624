"""Reading the files under data/: YAML, and errors that name file and row in Chinese."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parent / "data"
Row = dict[str, Any]
# libyaml where the wheel has it: the edition is read in a fifth of the time
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class ContentError(Exception):
    """A shipped or imported file does not say what it must; the text names file and row."""


def read_yaml(file: Path) -> Row:
    """The mapping that a file holds. Raises ContentError."""
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 (a safe one)
    except yaml.YAMLError as error:
        raise ContentError(f"{file.name} 不是正确的 YAML：{error}") from error
    if not isinstance(content, dict):
        raise ContentError(f"{file.name} 应当是一组“名称: 内容”")
    return content


class Naming:
    """Turn a missing or malformed field into a ContentError that names file and row."""

    def __init__(self, file: Path, row: str) -> None:
        self._where = f"{file.name}（{row}）"

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: object
    ) -> None:
        if isinstance(error, KeyError):
            raise ContentError(f"{self._where}：缺少 {error.args[0]}") from error
        if isinstance(error, (AttributeError, OSError, TypeError, ValueError)):
            raise ContentError(f"{self._where}：内容读不懂（{error}）") from error
