"""What a plain form of a page holds: no files, no script."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import Request

from bot.accounts.door import FORM


async def plain_form(request: Request) -> dict[str, str]:
    """The fields of a plain form; none when it is not one."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return {}
    try:
        given = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[0] for name, values in given.items()}
