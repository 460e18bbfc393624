"""Which systems of a city there are, and what a deployment says of them; without it, none is on."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, field_validator

from bot.hooks.signing import key_of


class System(StrEnum):
    """The hotlines that a city may have a system of its own for."""

    services = "12345"
    legal = "12348"
    police = "110"


_KEY = re.compile(r"(12345|12348|110)(?:_([a-z]+))?")
_LOCAL = ("localhost",)


class ExchangeSystem(BaseModel):
    """One system: `url` takes what we pass on (without it nothing goes out), `secret` is one secret
    or, while it is being changed, several with blanks between them. Each of them counts."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    secret: SecretStr
    url: str | None = None

    @field_validator("secret")
    @classmethod
    def _keys(cls, secret: SecretStr) -> SecretStr:
        if not [key_of(one) for one in secret.get_secret_value().split()]:
            raise ValueError("no secret")
        return secret

    @field_validator("url")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        if url is not None and not may_be_called(url):
            raise ValueError("not an address that may be called")
        return url

    @cached_property
    def keys(self) -> tuple[bytes, ...]:
        """What to sign with."""
        return tuple(key_of(one) for one in self.secret.get_secret_value().split())


def may_be_called(url: str) -> bool:
    """https, or http where nobody else can listen: this machine, or a private address of its own.

    An address with a user's name or password in it would end up in logs: refused.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or parts.fragment or re.search(r"[\s\x00-\x1f]", url):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_near(host))


def is_near(host: str) -> bool:
    """Whether it is this machine or an address of a private net."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host in _LOCAL


def system_of(key: str) -> System:
    """12345 of `12345_zhongshan`."""
    return System(key.partition("_")[0])


def city_of(key: str) -> str | None:
    """zhongshan of `12345_zhongshan`; None: it is there for every city."""
    return key.partition("_")[2] or None


def _each_its_own(systems: dict[str, ExchangeSystem]) -> dict[str, ExchangeSystem]:
    """The secret says who sent something: no two systems have the same one."""
    if not all(_KEY.fullmatch(key) for key in systems):
        raise ValueError("a system is 12345, 12348 or 110, and may have _city behind it")
    keys = [key for system in systems.values() for key in system.keys]
    if len(set(keys)) < len(keys):
        raise ValueError("two systems have the same secret")
    return systems


# by key: 12345, or 12345_zhongshan for one city alone
Systems = Annotated[dict[str, ExchangeSystem], AfterValidator(_each_its_own)]


def outgoing(
    systems: Mapping[str, ExchangeSystem], system: System, city_id: str
) -> tuple[str, ExchangeSystem] | None:
    """The key and system that takes a city's tickets: its own before the one for all."""
    for key in (f"{system}_{city_id}", str(system)):
        found = systems.get(key)
        if found and found.url:
            return key, found
    return None


def incoming(
    systems: Mapping[str, ExchangeSystem], system: str
) -> Iterator[tuple[str, ExchangeSystem]]:
    """Every key and system of that name: whose secret fits is who sent it."""
    for key, found in systems.items():
        if system_of(key) == system:
            yield key, found
