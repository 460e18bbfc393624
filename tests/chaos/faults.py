"""What goes wrong, each in a function of its own, and what must hold while and after it does."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import sqlite3
import statistics
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress

import httpx
from sqlalchemy import func, select

from bot.tables import Inbox, Message
from tests.chaos.engine_door import LATE, LATE_WORDS
from tests.chaos.plan import Scene, fault
from tests.chaos.residents import API, HOTLINE, Conversation, Sent
from tests.chaos.world import Broken, World
from tests.stack import ROOT

# seconds after an app is back until what was left has its answer
TAKEN_UP_WITHIN = 15.0
# seconds for any answer while something is broken: five by contract, and busy cores
PATIENT = 8.0
MISBEHAVES = 8.0
LOCKED = 10.0
FULL = 8.0
FROZEN = 16.0  # longer than a lease
SETTLED = 60.0
CALM = 3.0
FLOOD = 1000
# how many times longer than before others may wait during a flood (median), if it is so many
# seconds at all
SLOWER = 5.0
NOTICED = 1.0
WAGES = "老板拖欠我三个月工资"


# ---------------------------------------------------------------- kill -9


async def killed(scene: Scene, name: str) -> None:
    """It comes back by itself, and whatever it left unanswered is answered soon after."""
    world = scene.world
    back = asyncio.create_task(world.kill(name))
    await asyncio.sleep(0)
    left = await world.unanswered()
    away = await back
    late = await world.all_answered(left, TAKEN_UP_WITHIN)
    scene.measure(f"离开 {away:.1f} 秒，当时未答 {len(left)} 条，恢复后 {late:.1f} 秒内答完")
    await asyncio.sleep(CALM)


@fault("kill -9 应用")
async def kill_app(scene: Scene) -> None:
    await killed(scene, "app")


@fault("kill -9 动作")
async def kill_actions(scene: Scene) -> None:
    await killed(scene, "actions")


@fault("kill -9 引擎")
async def kill_engine(scene: Scene) -> None:
    await killed(scene, "engine")


@fault("kill -9 Telegram")
async def kill_telegram(scene: Scene) -> None:
    """Telegram keeps what was not fetched, we keep what was: nothing is lost in between."""
    scene.telegram_kills += 1
    await killed(scene, "telegram")
    begun = time.monotonic()
    await scene.chats.all_done(scene.world, SETTLED)
    scene.measure(f"再过 {time.monotonic() - begun:.1f} 秒全部处理完")


@fault("刚收下、还没答时 kill -9（引擎不出声，另一个应用进程接手）")
async def kill_between_keeping_and_answering(scene: Scene) -> None:
    """Kept is kept: the message is answered although its process is gone, and answered once."""
    await scene.door.hold()
    async with scene.crowd.conversation(scene.second.url) as talk:
        sending = asyncio.create_task(talk.send({"id": "kept", "text": WAGES}))
        async with asyncio.timeout(PATIENT):
            await scene.door.called.wait()
        scene.second.kill()
        begun = time.monotonic()
        await scene.world.all_answered(await _row(scene.world, "kept"), 20)
        scene.measure(f"{time.monotonic() - begun:.1f} 秒后由另一个进程答复")
        await scene.door.behave()
        scene.second.start()
        await scene.world.healthy(scene.second.url)
        _expect(await sending, "answered")


@fault("答完、还没送到时 kill -9")
async def kill_between_answering_and_replying(scene: Scene) -> None:
    """A resident who never saw the answer sends again and gets that very answer."""
    async with scene.crowd.conversation(scene.second.url) as talk:
        message = {"id": "unseen", "text": WAGES}
        body = {"session": talk.token, "message": message}
        # hangs up as soon as the question is out: the answer has nobody to go to
        with suppress(httpx.TimeoutException):
            await talk.client.post(
                f"{talk.url}{API}", json=body, timeout=httpx.Timeout(9, read=0.01)
            )
        rows = await _row(scene.world, "unseen")
        await scene.world.all_answered(rows, PATIENT)
        scene.second.kill()
        said = await scene.world.look(
            lambda s: s.scalar(select(func.count(Message.id)).where(Message.inbox_id.in_(rows)))
        )
        scene.second.start()
        await scene.world.healthy(scene.second.url)
        sent = await talk.send(message)
        _expect(sent, "answered")
        if len(sent.answer) + 1 != said:
            raise Broken("重发得到的不是第一次的答复")


@fault("冻住应用进程（租约过期，另一个进程接手，然后解冻）")
async def freeze_the_app(scene: Scene) -> None:
    """A process that was only slow finds its message answered, and does not answer it again."""
    world = scene.world
    pid = world.signal("app", signal.SIGSTOP)
    try:
        await asyncio.sleep(0.1)
        left = await world.unanswered()
        late = await world.all_answered(left, 2 * FROZEN)
        scene.measure(f"未答 {len(left)} 条，{late:.1f} 秒后由另一个进程答完")
        await asyncio.sleep(max(0.0, FROZEN - late))
    finally:
        if world.pid("app") == pid:
            world.signal("app", signal.SIGCONT)
    await world.healthy(world.stack.url)
    await asyncio.sleep(CALM)


# ---------------------------------------------------------------- the engine misbehaves


async def misbehaving(scene: Scene, begin: Callable[[], Awaitable[None]], seconds: float) -> None:
    """Every message has an answer or an apology in time; afterwards all is as before."""
    begun = time.monotonic()
    await begin()
    await asyncio.sleep(seconds)
    await scene.door.behave()
    await asyncio.sleep(PATIENT / 2)
    sent = [one for one in scene.crowd.since(begun, scene.second.url) if one.outcome != "lost"]
    if not sent:
        raise Broken("这段时间没有人得到答复")
    longest = max(one.seconds for one in sent)
    scene.measure(f"{len(sent)} 条，最久 {longest:.1f} 秒")
    if longest > PATIENT:
        raise Broken(f"有人等了 {longest:.1f} 秒")


@fault("引擎答非所答（空列表、残缺的内容）")
async def engine_talks_nonsense(scene: Scene) -> None:
    await misbehaving(scene, scene.door.answer_nonsense, MISBEHAVES)


@fault("引擎答乱码")
async def engine_says_bytes(scene: Scene) -> None:
    await misbehaving(scene, scene.door.answer_bytes, MISBEHAVES)


@fault("引擎挂断")
async def engine_hangs_up(scene: Scene) -> None:
    await misbehaving(scene, scene.door.hang_up, MISBEHAVES)


@fault("引擎六十秒后才答")
async def engine_answers_late(scene: Scene) -> None:
    await misbehaving(scene, scene.door.answer_late, LATE + 2)
    query = select(func.count(Message.id)).where(Message.body["text"].as_string() == LATE_WORDS)
    if await scene.world.look(lambda session: session.scalar(query)):
        raise Broken("迟到的回答被说出来了")


# ---------------------------------------------------------------- the database


async def no_writing(scene: Scene, world: World) -> None:
    """While nothing can be kept: told so, with the hotline, in time; reading pages goes on."""
    async with httpx.AsyncClient(base_url=world.stack.url, trust_env=False, timeout=30) as client:
        begun = time.monotonic()
        opened = await client.post(f"{API}/sessions", json={})
        took = time.monotonic() - begun
        if opened.status_code != 503 or HOTLINE not in opened.text:
            raise Broken(f"存不下来时答了 {opened.status_code}：{opened.text[:80]}")
        scene.measure(f"{took:.1f} 秒后告知存不下来")
        if took > PATIENT:
            raise Broken(f"{took:.1f} 秒后才告知存不下来")
        for path in ("/health", "/", "/api/v1/places/nearest?q=小榄镇"):
            if (await client.get(path)).status_code != 200:
                raise Broken(f"{path} 打不开了")


@fault("数据库被锁住十秒")
async def locked_database(scene: Scene) -> None:
    world = scene.world

    locked = threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(world.database_file, timeout=30)) as connection:
            connection.isolation_level = None
            connection.execute("BEGIN IMMEDIATE")
            locked.set()
            time.sleep(LOCKED)
            connection.execute("ROLLBACK")

    begun = time.monotonic()
    holding = asyncio.create_task(asyncio.to_thread(hold))
    await asyncio.to_thread(locked.wait, SETTLED)
    try:
        await no_writing(scene, world)
    finally:
        await holding
    await _calm_again(scene, begun)


@fault("磁盘写满")
async def full_disk(scene: Scene) -> None:
    """No file of any process can grow, as on a full disk.

    By RLIMIT_FSIZE on the running processes: needs neither root nor a mount, hits nothing else on
    this machine, and ends when we say so. SQLite gets EFBIG where a disk says ENOSPC; both come out
    of it as an error of the write that was tried.
    """
    world = scene.world
    names = ("app", "engine", "actions", "telegram")
    begun = time.monotonic()
    for name in names:
        world.limit_files(name, 0)
    try:
        await no_writing(scene, world)
        await asyncio.sleep(FULL)
    finally:
        for name in names:
            world.limit_files(name, resource.RLIM_INFINITY)
    await _calm_again(scene, begun)


async def _calm_again(scene: Scene, begun: float) -> None:
    """Whoever had to try again has an answer."""
    late = await scene.world.all_answered(await scene.world.unanswered(), SETTLED)
    await asyncio.sleep(CALM)
    tries = max((one.tries for one in scene.crowd.since(begun)), default=0)
    scene.measure(f"之后 {late:.1f} 秒答完，最多重试 {tries} 次")


# ---------------------------------------------------------------- residents misbehave


@fault("重复、乱序的消息，两个进程同时收到")
async def repeated_and_reordered(scene: Scene) -> None:
    """Each id is answered once, everybody who asks gets that answer."""
    urls = (scene.world.stack.url, scene.second.url)
    async with scene.crowd.conversation(urls[0]) as talk:
        sendings = []
        for number in (3, 1, 2, 5, 4):
            message = {"id": f"again-{number}", "text": f"{WAGES}，这是第{number}句"}
            sent = Sent(message["id"], time.monotonic())
            talk.sent.append(sent)
            elsewhere = Conversation(talk.client, urls[1], talk.city)
            elsewhere.token = talk.token
            sendings += [
                talk.again(sent, message),
                elsewhere.again(sent, message),
                talk.again(sent, message),
            ]
        await asyncio.gather(*sendings)
        talk.broken += elsewhere.broken
        for sent in talk.sent:
            _expect(sent, "answered")
            if sent.differed:
                raise Broken(f"{sent.id} 得到了两种答复")


@fault("别人的、胡编的会话")
async def tokens_of_others(scene: Scene) -> None:
    """404 without a hint; nothing of anybody else's conversation is shown."""
    async with (
        scene.crowd.conversation(scene.world.stack.url) as talk,
        scene.crowd.conversation(scene.world.stack.url) as other,
        httpx.AsyncClient(base_url=talk.url, trust_env=False, timeout=PATIENT) as stranger,
    ):
        secret = "我住在别人不知道的地方，老板拖欠工资"
        sent = await talk.send({"id": "secret", "text": secret})
        wrong = ["", "x", talk.token[:-1], talk.token + "x", talk.token.swapcase(), "'; --", "工资"]
        wrong += [talk.told[0]["id"].partition(".")[0]] if talk.told else []
        for token in wrong:
            body = {"session": token, "message": {"id": "secret", "text": WAGES}}
            answers = [
                await stranger.post(API, json=body),
                await stranger.get(f"{API}/events", params={"session": token}),
                await stranger.post(f"{API}/leave", json={"session": token}),
            ]
            for answer in answers:
                if answer.status_code != 404 or secret in answer.text:
                    raise Broken(f"会话 {token!r} 得到了 {answer.status_code}")
        # one's own token with somebody else's message ids opens only one's own conversation
        again = await other.send({"id": "secret", "text": WAGES})
        if set(again.answer) & set(sent.answer):
            raise Broken("别人的消息编号换来了别人的答复")
        params = {"session": other.token, "after": sent.answer[0]}
        async with stranger.stream("GET", f"{API}/events", params=params) as events:
            async for line in events.aiter_lines():
                if "我住在" in line:
                    raise Broken("事件流里有别人的话")
                if again.answer[-1] in line:
                    break


@fault("一位居民一秒钟发一千条")
async def flood(scene: Scene) -> None:
    """Refused (429) or answered, in order; the others hardly notice."""
    before = await _others(scene, CALM)
    begun = time.monotonic()
    async with scene.crowd.conversation(scene.world.stack.url) as talk:
        port = scene.world.stack.url.rpartition(":")[2]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.chaos.flood", port, talk.token, str(FLOOD),
            cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        printed, _ = await process.communicate()
        if process.returncode:
            raise Broken("有的连接被掐断了")
        took = time.monotonic() - begun
        for message_id, status, answer in json.loads(printed):
            outcome = "answered" if status == 200 else "refused"
            talk.sent.append(Sent(message_id, begun, outcome, answer, status))
        refused = sum(sent.outcome == "refused" for sent in talk.sent)
        scene.measure(f"拒收 {refused} 条，用时 {took:.1f} 秒")
    during = _median(scene, begun, talk)
    scene.measure(f"别人的等候 {before * 1000:.0f} → {during * 1000:.0f} 毫秒")
    if during > max(SLOWER * before, NOTICED):
        raise Broken(f"别人的等候从 {before:.2f} 秒变成 {during:.2f} 秒")
    await asyncio.sleep(CALM)


async def _others(scene: Scene, seconds: float) -> float:
    begun = time.monotonic()
    await asyncio.sleep(seconds)
    return _median(scene, begun, None)


def _median(scene: Scene, begun: float, apart_from: Conversation | None) -> float:
    times = [
        sent.seconds
        for talk in scene.crowd.conversations
        if talk is not apart_from
        for sent in talk.sent
        if sent.at >= begun and sent.outcome == "answered"
    ]
    if not times:
        raise Broken("这段时间别人没有得到答复")
    return statistics.median(times)


# ---------------------------------------------------------------- small things


async def _row(world: World, message_id: str) -> set[int]:
    """The inbox row of a message, once it is kept."""
    query = select(Inbox.id).where(Inbox.channel_message_id == message_id)
    for _ in range(100):
        rows = await world.look(lambda session: set(session.scalars(query)))
        if rows:
            return rows
        await asyncio.sleep(0.05)
    raise Broken(f"{message_id} 没有收下")


def _expect(sent: Sent, outcome: str) -> None:
    if sent.outcome != outcome:
        raise Broken(f"{sent.id} 的结局是 {sent.outcome}")
