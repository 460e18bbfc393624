"""Every page of the staff's site, in the order in which an address is looked for."""

from __future__ import annotations

from bot.admin import (
    audit,
    closures,
    corrections,
    deeds,
    editing,
    excel,
    home,
    listing,
    questions,
    trying,
)

# an address of a page of its own goes before /admin/{kind}
ROUTERS = tuple(
    part.router
    for part in (
        home,
        closures,
        questions,
        corrections,
        excel,
        audit,
        editing,
        deeds,
        trying,
        listing,
    )
)
