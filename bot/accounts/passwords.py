"""Passwords: which are good enough, and their hashes (argon2-cffi)."""

from __future__ import annotations

import unicodedata
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 10, 200  # characters


class WeakPassword(Exception):
    """Not good enough; the text is a key of accounts.yml."""


class Passwords:
    """Argon2id with OWASP's parameters: one core for some 45 ms, 19 MiB. Call it in a thread."""

    def __init__(self, time_cost: int = 2, memory_kib: int = 19 * 1024) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)

    def hash(self, username: str, password: str) -> str:
        """The hash to keep. Raises WeakPassword."""
        spelt = _spelt(password)
        if len(spelt) < SHORTEST:
            raise WeakPassword("too_short")
        if len(spelt) > LONGEST:
            raise WeakPassword("too_long")
        if spelt.lower() == username or len(set(spelt)) < 4:
            raise WeakPassword("too_plain")
        return self._hasher.hash(_bytes(spelt))

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether `password` is the one kept. Without one it takes as long and is always false."""
        spelt = _bytes(_spelt(password[: 4 * LONGEST]))
        try:
            return self._hasher.verify(kept or self._nobodys, spelt) and kept is not None
        except (VerificationError, InvalidHashError):
            return False

    def rehashed(self, kept: str, password: str) -> str | None:
        """A new hash of a verified password when the parameters have changed since."""
        if not self._hasher.check_needs_rehash(kept):
            return None
        return self._hasher.hash(_bytes(_spelt(password)))

    def warm(self) -> None:
        """Make the hash of nobody's password now, so that the first stranger costs no more."""
        _ = self._nobodys

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash(b"nobody has this one")


def _spelt(password: str) -> str:
    """A full-width letter of a Chinese input method is the letter."""
    return unicodedata.normalize("NFKC", password)


def _bytes(spelt: str) -> bytes:
    return spelt.encode("utf-8", "surrogatepass")
