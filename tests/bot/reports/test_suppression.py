"""Small counts stay hidden, also from who can add up."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.reports.suppression import LEAST, hidden_cells, rare, too_few

NAMES = st.text("甲乙丙丁戊己", min_size=1, max_size=2)
COUNTS = st.integers(0, 12)


@settings(deadline=None)
@given(st.dictionaries(NAMES, COUNTS))
def test_a_list_never_hides_one_alone_if_it_can_hide_two(counts: dict[str, int]) -> None:
    hidden = too_few(counts)
    assert {name for name, n in counts.items() if 0 < n < LEAST} <= hidden
    some = [name for name, n in counts.items() if n]
    if hidden and len(some) > 1:
        assert len(hidden) > 1
    assert all(counts[name] for name in hidden)


@settings(deadline=None)
@given(st.dictionaries(NAMES, st.integers(LEAST, 99)))
def test_what_is_large_everywhere_is_written_everywhere(counts: dict[str, int]) -> None:
    assert too_few(counts) == set()
    assert hidden_cells({(name, name): n for name, n in counts.items()}) == set()


@settings(deadline=None)
@given(st.dictionaries(st.tuples(NAMES, NAMES), COUNTS, max_size=20))
def test_no_line_of_a_table_gives_its_only_hidden_cell_away(
    counts: dict[tuple[str, str], int],
) -> None:
    hidden = hidden_cells(counts)
    assert {cell for cell, n in counts.items() if 0 < n < LEAST} <= hidden
    for axis in (0, 1):
        lines: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for cell, n in counts.items():
            if n:
                lines[cell[axis]].append(cell)
        for cells in lines.values():
            unseen = [cell for cell in cells if cell in hidden]
            assert len(unseen) != 1 or len(cells) == 1


@settings(deadline=None)
@given(st.lists(NAMES))
def test_rare_is_fewer_than_five_times(keys: list[str]) -> None:
    assert rare(keys) == {key for key in keys if keys.count(key) < LEAST}
