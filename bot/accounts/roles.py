"""What a person is here for. A role holds what is written beside it, nothing more."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """Named in bot/content/accounts.yml for people."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    DESK = "desk"
    EDITOR = "editor"
    REVIEWER = "reviewer"
    ADMIN = "admin"


# who does this work may also do that work; an admin sees no resident's words by being one
INCLUDES = {Role.SUPERVISOR: {Role.OPERATOR}, Role.REVIEWER: {Role.EDITOR}}


def known(names: Iterable[str]) -> frozenset[Role]:
    """The roles among `names`; a name that this version does not know gives nothing."""
    return frozenset(role for role in Role if role in set(names))


def may(roles: Iterable[Role], needed: Iterable[Role]) -> bool:
    """Whether one of `roles` is, or includes, one of `needed`."""
    held = set(roles)
    for role in tuple(held):
        held |= INCLUDES.get(role, set())
    return not held.isdisjoint(needed)
