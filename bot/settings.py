"""Settings from the environment: WENFA_…, DATABASE_URL, ENGINE_TRACKER_URL; none is needed."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.hooks.systems import Systems

ROOT = Path(__file__).resolve().parent.parent
Port = Annotated[int, Field(ge=1, le=65535)]


# what an address has no place for, and what ends the path that others are put behind
_NO_PART_OF_A_SITE = re.compile(r"[\s\x00-\x20\x7f?#@\\\"'<>`{|}^]")
_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")


def _site(given: str) -> str:
    """A web address without a slash at its end; paths are put behind it. Raises ValueError.

    The scheme and the host are written as every reader of them takes them: small, in ASCII.
    """
    plain = given.strip().rstrip("/")
    if not plain:
        return ""
    if _NO_PART_OF_A_SITE.search(plain):
        raise ValueError("not the address of a site")
    parts = urlsplit(plain)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an http(s) address")
    host = f"[{parts.hostname}]"
    if host not in parts.netloc.lower():  # no IPv6
        host = parts.hostname.encode("idna").decode()  # raises for what no host can be called
    if not _HOST.fullmatch(host) or parts.port == 0:  # raises for a number that is no port
        raise ValueError("not a host")
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{quote(parts.path, safe='/%~!$&()*+,;=:')}"


class Settings(BaseSettings):
    """Everything a deployment may change. Ports are numbers, times are seconds."""

    model_config = SettingsConfigDict(
        env_prefix="WENFA_",
        env_ignore_empty=True,
        env_nested_delimiter="__",
        populate_by_name=True,
        extra="ignore",
        hide_input_in_errors=True,  # it may be a secret
    )

    home: Path = ROOT / "var"
    city: str = "zhongshan"
    host: str = "127.0.0.1"
    port: Port = 8080
    # where residents reach this site: what leaves it (Telegram, Word) needs whole links. Without
    # one it has none, since a link that leads nowhere is worse than a name
    public_url: Annotated[str, AfterValidator(_site)] = ""
    actions_port: Port = 5055
    engine_port: Port = 5005
    database: str | None = Field(default=None, validation_alias="DATABASE_URL")
    engine_tracker: str | None = Field(default=None, validation_alias="ENGINE_TRACKER_URL")
    # the public contract: an apology or 503 within five seconds
    engine_timeout: float = 4.0
    session_days: int = 30
    # seconds without a message until a conversation with the bot, or with a person, ends
    quiet_bot: Annotated[float, Field(gt=0)] = 3600
    quiet_operator: Annotated[float, Field(gt=0)] = 1800
    # seconds in the queue until the resident is told that nobody has come, and goes back to the bot
    wait_at_most: Annotated[float, Field(gt=0)] = 1200
    # seconds since an operator's console was last heard of until they count as not there
    present_within: Annotated[float, Field(gt=0)] = 60
    # seconds that a ticket is offered to one operator before the next one is asked
    offer_seconds: Annotated[float, Field(gt=0)] = 30
    # seconds without an operator's console until a resident who has written to them waits anew
    operator_lost: Annotated[float, Field(gt=0)] = 120
    # calls that nobody answered until a call-back is given up
    callback_tries: Annotated[int, Field(ge=1, le=20)] = 3
    # seconds to wait for a database that somebody else is writing, before the apology
    database_patience: Annotated[float, Field(gt=0)] = 3.0
    secure_cookie: bool = False
    # a member of staff is logged out after this long, and after this long without doing anything
    staff_hours: Annotated[float, Field(gt=0, le=24 * 31)] = 12
    staff_idle_minutes: Annotated[float, Field(gt=0, le=60 * 24)] = 60
    # Telegram runs only with a token; updates are fetched unless a webhook's address is given
    telegram_token: SecretStr | None = Field(default=None, validation_alias="TELEGRAM_BOT_TOKEN")
    telegram_api: str = "https://api.telegram.org"
    telegram_webhook_url: str | None = None
    telegram_webhook_secret: SecretStr | None = None
    telegram_webhook_port: Port = 8443
    # other systems to exchange tickets with: WENFA_EXCHANGE__12345__SECRET, …__URL; none: off
    exchange: Systems = {}
    # the model that this app expects its engine to serve (its name without .tar.gz)
    model: str | None = None

    @cached_property
    def database_url(self) -> str:
        """The knowledge base and conversations: an SQLite file under `home` by default."""
        return self.database or f"sqlite:///{self.home.resolve() / 'wenfa.sqlite3'}"

    @cached_property
    def engine_tracker_url(self) -> str:
        """The engine's own store, never shared with the app."""
        return self.engine_tracker or f"sqlite:///{self.home.resolve() / 'engine.sqlite3'}"

    @property
    def engine_url(self) -> str:
        return f"http://127.0.0.1:{self.engine_port}"

    @property
    def actions_url(self) -> str:
        return f"http://127.0.0.1:{self.actions_port}"

    @property
    def engine_python(self) -> Path:
        return self.home / "runtime" / "engine" / "bin" / "python"

    @property
    def gazetteer_file(self) -> Path:
        return self.home / "gazetteer.json"

    @property
    def vectors_file(self) -> Path:
        """The answers' texts as numbers: derived, written by prepare, safe to delete."""
        return self.home / "faq_vectors.npz"

    @property
    def prepared_file(self) -> Path:
        """Holds the name of the model that was prepared last."""
        return self.home / "prepared-model"

    @property
    def models(self) -> Path:
        return self.home / "models"
