"""Small counts are not written where they could tell who somebody is. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping

LEAST = 5
Cell = tuple[str, str]


def too_few(counts: Mapping[str, int], least: int = LEAST) -> set[str]:
    """The names of a list whose counts stay hidden.

    One alone could be reckoned from the total: then the next smallest goes too.
    """
    hidden = {name for name, n in counts.items() if 0 < n < least}
    if len(hidden) == 1:
        others = sorted((n, name) for name, n in counts.items() if name not in hidden and n)
        hidden |= {name for _, name in others[:1]}
    return hidden


def hidden_cells(counts: Mapping[Cell, int], least: int = LEAST) -> set[Cell]:
    """The cells of a table that stay hidden: the small ones, and what would give one away.

    The totals of rows and columns are known elsewhere, so no line may have a single hidden cell,
    as long as it has another one that can be hidden beside it.
    """
    hidden = {cell for cell, n in counts.items() if 0 < n < least}
    while True:
        alone = _alone(counts, hidden)
        if alone is None:
            return hidden
        hidden.add(alone)


def _alone(counts: Mapping[Cell, int], hidden: set[Cell]) -> Cell | None:
    """What to hide beside the single hidden cell of some line; None: there is no such line."""
    for axis in (0, 1):
        lines: defaultdict[str, list[Cell]] = defaultdict(list)
        for cell, n in counts.items():
            if n:
                lines[cell[axis]].append(cell)
        for _, cells in sorted(lines.items()):
            shown = [cell for cell in cells if cell not in hidden]
            if len(cells) - len(shown) == 1 and shown:
                return min(shown, key=lambda cell: (counts[cell], cell))
    return None


def rare(keys: Iterable[Hashable], least: int = LEAST) -> set[Hashable]:
    """The keys that occur fewer than `least` times."""
    return {key for key, n in Counter(keys).items() if n < least}
