"""`make chaos`: the whole product with twenty residents, everything goes wrong, and the ledger.

    python -m tests.chaos [word of a fault's name …]

Exit code 1 when any promise breaks.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from tests.chaos import faults
from tests.chaos.chats import Chats
from tests.chaos.engine_door import EngineDoor
from tests.chaos.ledger import Ledger, print_table, read_books, tickets_made_twice, web_ledger
from tests.chaos.plan import Fault, Scene, run
from tests.chaos.residents import crowd_of
from tests.chaos.world import Broken, SecondApp, running_world
from tests.fake_telegram import FakeTelegram
from tests.telegram_process import TOKEN

RESIDENTS = 20
# of them at the second app process, whose engine misbehaves
AT_THE_SECOND = 8
# more residents, on Telegram
CHATS = 8
PLAN = [
    faults.kill_app,
    faults.kill_actions,
    faults.kill_engine,
    faults.kill_telegram,
    faults.repeated_and_reordered,
    faults.tokens_of_others,
    faults.engine_talks_nonsense,
    faults.engine_says_bytes,
    faults.engine_hangs_up,
    faults.kill_app,
    faults.engine_answers_late,
    faults.locked_database,
    faults.full_disk,
    faults.kill_between_keeping_and_answering,
    faults.kill_between_answering_and_replying,
    faults.freeze_the_app,
    faults.flood,
    faults.kill_telegram,
    faults.kill_actions,
    faults.kill_engine,
    faults.kill_app,
]


async def attack(plan: list[Fault], home: Path) -> tuple[dict[str, Ledger], list[str]]:
    """Play the plan; the ledgers by channel, and what did not hold."""
    begun = time.monotonic()
    async with AsyncExitStack() as stack:
        telegram = stack.enter_context(FakeTelegram(TOKEN))
        channel = {"TELEGRAM_BOT_TOKEN": TOKEN, "WENFA_TELEGRAM_API": telegram.url}
        world = await stack.enter_async_context(running_world(home, **channel))
        print(
            f"[{time.monotonic() - begun:5.0f} 秒] 已启动，{RESIDENTS} 位居民开始对话", flush=True
        )
        async with EngineDoor(world.stack.engine_port) as door:
            second = SecondApp(home, door.port)
            second.start()
            try:
                await world.healthy(second.url)
                chats = Chats(telegram, CHATS)
                async with crowd_of(world, RESIDENTS - AT_THE_SECOND) as crowd:
                    crowd.join(second.url, AT_THE_SECOND)
                    scene = Scene(world, crowd, door, second, chats)
                    broken = await run(plan, scene, begun)
                    await chats.go_home()
                broken += await _settled(scene)
            finally:
                second.stop()
        books = await world.look(lambda session: read_books(session, "web"))
        web = web_ledger(books, crowd.conversations)
        web.broken += await world.look(tickets_made_twice)
        pushed = await world.look(lambda session: chats.ledger(session, scene.telegram_kills))
    return {"网页": web, "Telegram": pushed}, broken


async def _settled(scene: Scene) -> list[str]:
    try:
        await scene.world.all_answered(None, faults.SETTLED)
        await scene.chats.all_done(scene.world, faults.SETTLED)
        await scene.chats.all_delivered(scene.world)
    except Broken as error:
        return [str(error)]
    return []


def main(words: list[str]) -> int:
    """Prints the ledger; returns 1 when a promise is broken."""
    plan = [one for one in PLAN if not words or any(word in one.name for word in words)]
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wenfa-chaos-") as folder:
        ledgers, broken = asyncio.run(attack(plan, Path(folder)))
    print_table(ledgers)
    for what in broken:
        print(f"  ✗ {what}")
    held = not broken and all(ledger.holds for ledger in ledgers.values())
    seconds = time.monotonic() - begun
    print(f"\n{'全部守住了' if held else '有没守住的承诺，见 ✗'}（{seconds:.0f} 秒）")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
