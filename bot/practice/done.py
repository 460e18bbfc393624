"""Which cases somebody has done: a cookie of their own browser, read by nobody else.

`12:wages.5.0|violence.3.1`: the account, then right and unsafe choices of each case. Another
account at the same browser starts anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.practice.cases import Case
from bot.practice.walk import Result

COOKIE = "wenfa_practice"
KEPT = 180 * 24 * 3600  # seconds
_ENTRY = re.compile(r"([a-z_]{1,30})\.(\d{1,2})\.(\d{1,2})", re.ASCII)


def read(cookie: str | None, account_id: str, cases: Mapping[str, Case]) -> dict[str, Result]:
    """The last result of each case that is still there; whatever else it holds is passed over."""
    account, _, entries = (cookie or "").partition(":")
    if account != account_id:
        return {}
    found = {}
    for entry in entries.split("|"):
        match = _ENTRY.fullmatch(entry)
        case = cases.get(match[1]) if match else None
        if match and case and int(match[2]) + int(match[3]) <= len(case.turns):
            found[case.id] = Result(int(match[2]), int(match[3]))
    return found


def written(account_id: str, done: Mapping[str, Result]) -> str:
    """The same as a cookie's value."""
    entries = (f"{id_}.{result.right}.{result.unsafe}" for id_, result in done.items())
    return f"{account_id}:{'|'.join(entries)}"
