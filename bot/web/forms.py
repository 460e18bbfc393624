"""What a plain form of a page holds: no files, no script."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import Request

from bot.accounts.door import FORM

MOST_FIELDS = 200


async def plain_form(request: Request) -> dict[str, str]:
    """The fields of a plain form; none when it is not one."""
    return {name: values[0] for name, values in (await _fields(request, 10)).items()}


async def long_form(request: Request) -> dict[str, str]:
    """The fields of a form of many; what was given several times, as lines of one text."""
    given = await _fields(request, MOST_FIELDS)
    return {name: "\n".join(filter(None, values)) for name, values in given.items()}


async def _fields(request: Request, most: int) -> dict[str, list[str]]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return {}
    try:
        text = (await request.body()).decode("utf-8", "replace")
        return parse_qs(text, keep_blank_values=True, max_num_fields=most)
    except ValueError:
        return {}
