"""What is done with one update: through the gateway's door, or a word of this channel's own."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.channels.telegram import commands, updates
from bot.channels.telegram.client import TelegramBot
from bot.channels.telegram.commands import Choice, Command
from bot.channels.telegram.faults import pause, where
from bot.channels.telegram.heard import Heard, Kind
from bot.clock import utcnow
from bot.engine_client import LONGEST_TEXT
from bot.gateway import answers, outbox, transcript
from bot.gateway.choices import is_choice
from bot.gateway.gateway import Gateway, UnknownSession
from bot.gateway.inbound import Inbound
from bot.gateway.inbox import TooFast
from bot.gateway.ledger import Ledger, NotFound
from bot.gateway.store import StoreAway
from bot.tickets import cities
from bot.words import words
from knowledge.catalogue import LiveCatalogue

CHANNEL = "telegram"
REMEMBERED_CHATS = 5000
# an answer that takes less needs no sign that we are writing
TYPING_AFTER = 0.4
TYPING_LASTS = 4.5  # Telegram shows it for five seconds
TYPING_TO_AT_MOST = 8  # when many write, their answers are worth more than the signs
TRIES = 3  # of an update that fails for a reason of ours
LONGEST_WAIT = 10.0
log = logging.getLogger(__name__)


class Residents:
    """Answers updates; `handle` is called for one update of a chat at a time."""

    def __init__(
        self, bot: TelegramBot, gateway: Gateway, live: LiveCatalogue, city_id: str
    ) -> None:
        """`city_id`: where a resident is taken to be until they say otherwise."""
        self._bot = bot
        self._gateway = gateway
        self._live = live
        self._city_id = city_id
        self._conversations: OrderedDict[int, str] = OrderedDict()
        self._beside: set[asyncio.Task[None]] = set()
        self._answering = 0

    async def handle(self, heard: Heard, crowd: bool) -> None:
        """Until it is done, whatever fails in between: the chat's next update waits."""
        failures = waits = 0
        while True:
            try:
                await self._answer(heard, crowd, failed=failures >= TRIES)
                return
            except (StoreAway, TooFast):  # kept already: it can wait
                waits += 1
                await asyncio.sleep(min(LONGEST_WAIT, pause(waits - 1)))
            except (UnknownSession, NotFound):  # deleted after its time
                self._conversations.pop(heard.chat_id, None)
            except Exception as error:
                failures += 1
                log.error("update %d: %s", heard.update_id, where(error))
                if failures > TRIES:
                    return  # stays kept; the next process tries again

    def acknowledge(self, heard: Heard) -> None:
        """A tap is answered at once, and its keyboard taken away; best effort."""
        if heard.query_id and heard.private:
            task = asyncio.create_task(self._acknowledge(heard))
            self._beside.add(task)
            task.add_done_callback(self._beside.discard)

    async def stop(self) -> None:
        """End what goes on beside."""
        for task in tuple(self._beside):
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)

    # ------------------------------------------------------------ what an update is

    async def _answer(self, heard: Heard, crowd: bool, failed: bool) -> None:
        text = words("telegram")
        if heard.kind is Kind.blocked:
            await self.left(str(heard.chat_id))
            await self._done(heard)
        elif not heard.private:
            await self._group(heard)
        elif failed or heard.kind is Kind.unread:
            await self._say(heard, text["failed"])
        elif crowd:
            await self._once_a_crowd(heard)
        elif heard.choice is not None:
            await self._tapped(heard, heard.choice)
        elif heard.location:
            lat, lng = heard.location
            if self._live.current().boundaries.in_china(lat, lng):
                await self._pass_on(heard, Inbound(heard.id, location=heard.location))
            else:
                await self._say(heard, text["not_in_china"])
        elif heard.text is not None:
            await self._written(heard, heard.text)
        else:
            await self._pass_on(heard, Inbound(heard.id, media=heard.media))

    async def _written(self, heard: Heard, text: str) -> None:
        command = commands.command_in(text)
        if command:
            await self._command(heard, command)
        elif len(text) > LONGEST_TEXT:
            say = words("telegram")["too_long"].format(n=len(text), limit=LONGEST_TEXT)
            await self._say(heard, say)
        else:
            await self._pass_on(heard, Inbound(heard.id, text=text, edits=heard.edits))

    async def _command(self, heard: Heard, command: Command) -> None:
        text = words("telegram")
        tap = commands.TAPS.get(command.name)
        if tap:
            title = text["commands"][command.name]
            await self._pass_on(heard, Inbound(heard.id, choice=tap, title=title))
        elif command.name == "start":
            await self._start(heard, command.rest)
        elif command.name == "menu":
            await self._say(heard, text["menu"], commands.main_menu(self._live.current()))
        elif command.name == "place":
            await self._say(heard, text["ask_location"], commands.key_choices())
        else:
            await self._say(heard, text["help"].strip())

    async def _start(self, heard: Heard, payload: str) -> None:
        """Greets; the code on a poster says where the resident is."""
        catalogue = self._live.current()
        point = commands.point_of(catalogue, payload) if payload else None
        text = words("telegram")
        if point is None:
            await self._say(heard, text["start"], commands.key_choices())
            return

        place = catalogue.atlas.full_name(catalogue.atlas.regions[point.region_id])
        greeting = text["start_place"].format(place=place)

        def greet(ledger: Ledger) -> None:
            conversation = ledger.conversation
            changed = conversation.city_id != point.city_id
            conversation.city_id, conversation.region_id = point.city_id, point.region_id
            known = conversation.untold or {}
            conversation.untold = known | {"region_id": None, "shown": None}
            cities.forget_other_place(ledger)
            ledger.say(greeting, commands.key_choices())
            answers.go_along(ledger, changed=changed)

        await self._once(heard, greet)

    async def _tapped(self, heard: Heard, choice: str) -> None:
        catalogue = self._live.current()
        group = commands.group_title(choice)
        if group:
            title = words("telegram")["menu_group"].format(group=group)
            services = commands.services_of(catalogue, choice.removeprefix(commands.MENU))
            await self._say(heard, title, services)
        elif is_choice(catalogue, choice):
            await self._pass_on(heard, Inbound(heard.id, choice=choice))
        else:
            await self._say(heard, words("telegram")["stale"])

    async def _group(self, heard: Heard) -> None:
        """Once: a group that has been told is left, so that nothing said there comes to us."""
        if heard.kind is not Kind.tap:
            with suppress(TelegramError):
                await self._bot.send_message(heard.chat_id, words("telegram")["group"])
            with suppress(TelegramError):
                await self._bot.leave_chat(heard.chat_id)
        await self._done(heard)

    async def left(self, address: str) -> None:
        """The resident has stopped the bot: nothing waits for them, and nobody waits in a queue."""
        conversation_id = await self._gateway.store.run(
            lambda session: outbox.blocked(session, CHANNEL, address, utcnow())
        )
        if conversation_id:
            with suppress(NotFound):
                await self._gateway.write(conversation_id, answers.leave)

    # ------------------------------------------------------------ through the door

    async def _pass_on(self, heard: Heard, inbound: Inbound) -> None:
        """To the gateway, which keeps it before anything else, and knows it when it comes again."""
        conversation_id = await self._conversation(heard)
        async with self._typing(heard.chat_id):
            await self._gateway.handle(conversation_id, inbound)
        await self._done(heard)

    async def _say(
        self,
        heard: Heard,
        text: str,
        choices: list[Choice] | None = None,
    ) -> None:
        """A word of this channel's own."""

        def say(ledger: Ledger) -> None:
            ledger.say(text, choices)

        await self._once(heard, say)

    async def _once(self, heard: Heard, work: Callable[[Ledger], None]) -> None:
        """Something of this channel's own, with the update done in the same transaction."""
        conversation_id = await self._conversation(heard)

        def write(ledger: Ledger) -> None:
            if updates.done(ledger.session, heard.update_id, ledger.now):
                ledger.conversation.last_at = ledger.now
                work(ledger)

        await self._gateway.write(conversation_id, write)

    async def _once_a_crowd(self, heard: Heard) -> None:
        """Too many at once: said after the last thing that was answered, not after each."""
        conversation_id = await self._conversation(heard)
        text = words("telegram")["too_fast"]

        def write(ledger: Ledger) -> None:
            if updates.done(ledger.session, heard.update_id, ledger.now):
                said = transcript.since(
                    ledger.session, conversation_id, ledger.conversation.seq - 1
                )
                if not said or said[-1].body.get("text") != text:
                    ledger.say(text)

        await self._gateway.write(conversation_id, write)

    async def _conversation(self, heard: Heard) -> str:
        known = self._conversations.get(heard.chat_id)
        if known is None:
            opened = await self._gateway.open(
                self._city_id, channel=CHANNEL, address=str(heard.chat_id)
            )
            known = self._conversations[heard.chat_id] = opened.conversation_id
            while len(self._conversations) > REMEMBERED_CHATS:
                self._conversations.popitem(last=False)
        return known

    async def _done(self, heard: Heard) -> None:
        await self._gateway.store.run(
            lambda session: updates.done(session, heard.update_id, utcnow())
        )

    # ------------------------------------------------------------ signs

    @asynccontextmanager
    async def _typing(self, chat_id: int) -> AsyncIterator[None]:
        task = asyncio.create_task(self._type(chat_id))
        self._answering += 1
        try:
            yield
        finally:
            self._answering -= 1
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _type(self, chat_id: int) -> None:
        await asyncio.sleep(TYPING_AFTER)
        with suppress(TelegramError):
            while self._answering <= TYPING_TO_AT_MOST:
                await self._bot.send_chat_action(chat_id, ChatAction.TYPING)
                await asyncio.sleep(TYPING_LASTS)

    async def _acknowledge(self, heard: Heard) -> None:
        with suppress(TelegramError):
            await self._bot.answer_callback_query(heard.query_id or "")
        with suppress(TelegramError):
            await self._bot.edit_message_reply_markup(heard.chat_id, heard.message_id)
