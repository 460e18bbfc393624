"""However many look on, the board is read once for them."""

from __future__ import annotations

import asyncio

import pytest

from bot.supervise.lately import Lately


class Source:
    """Counts how often it is read, and how many read at once."""

    def __init__(self) -> None:
        self.read_times = 0
        self.reading = 0
        self.most = 0

    async def read(self) -> int:
        self.read_times += 1
        self.reading += 1
        self.most = max(self.most, self.reading)
        await asyncio.sleep(0)
        self.reading -= 1
        return self.read_times


async def test_all_who_ask_at_once_get_the_same() -> None:
    kept, source = Lately[int](2), Source()
    assert await asyncio.gather(*(kept.get("a", source.read) for _ in range(20))) == [1] * 20
    assert (source.read_times, source.most) == (1, 1)


async def test_later_it_is_read_again_and_each_city_has_its_own() -> None:
    moments = iter([0.0, 1.9, 2.0, 2.0])  # read, asked, asked, read again
    kept, source = Lately[int](2, lambda: next(moments)), Source()
    assert await kept.get(None, source.read) == 1
    assert await kept.get(None, source.read) == 1
    assert await kept.get(None, source.read) == 2
    assert await Lately[int](2).get("zhongshan", source.read) == 3


async def test_a_reading_that_failed_is_not_kept() -> None:
    kept, source = Lately[int](2), Source()

    async def fails() -> int:
        raise LookupError

    with pytest.raises(LookupError):
        await kept.get(None, fails)
    assert await kept.get(None, source.read) == 1
