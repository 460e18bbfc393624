"""Signatures as Standard Webhooks writes them: HMAC-SHA256 over `id.timestamp.body`. Pure.

A secret is `whsec_` and 24 to 64 random bytes in base64. A request carries one signature for each
secret that counts just now, so that a secret can be changed without losing anything in between.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
# seconds that a clock may be off, or a request be under way, to either side
TOLERANCE = 300
PREFIX = "whsec_"
SHORTEST_KEY, LONGEST_KEY = 24, 64
VERSION = "v1"
# more signatures than anybody who changes a secret needs; the rest is not looked at
SIGNATURES_AT_MOST = 8
# a full stop would let `a.1` + `2` be signed like `a` + `1.2`
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


def key_of(secret: str) -> bytes:
    """The bytes to sign with. Raises ValueError, without the secret in it."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a secret is whsec_ and base64") from None
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise ValueError(f"a secret has {SHORTEST_KEY} to {LONGEST_KEY} bytes")
    return key


def sign(keys: Sequence[bytes], delivery: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: one signature a key."""
    return " ".join(f"{VERSION},{_signature(key, delivery, timestamp, body)}" for key in keys)


def headers(keys: Sequence[bytes], delivery: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a request that is sent at `timestamp` (Unix seconds)."""
    return {
        ID: delivery,
        TIMESTAMP: str(timestamp),
        SIGNATURE: sign(keys, delivery, timestamp, body),
    }


def verify(keys: Sequence[bytes], delivery: str, timestamp: int, body: bytes, given: str) -> bool:
    """Whether one of the given signatures is one of ours; as slow when the first is wrong as when
    the last is."""
    versions = [one.partition(",") for one in given.split(" ")[:SIGNATURES_AT_MOST]]
    good = False
    for key in keys:
        expected = _signature(key, delivery, timestamp, body).encode()
        for version, _, signature in versions:
            same = hmac.compare_digest(signature.encode("utf-8", "replace"), expected)
            good |= same and version == VERSION
    return good


def well_formed(delivery: str, timestamp: str) -> bool:
    """Whether these can be an id and a time at all."""
    return bool(_ID.fullmatch(delivery) and _TIMESTAMP.fullmatch(timestamp))


def fresh(timestamp: int, now: float) -> bool:
    """Whether it was signed just now (both in Unix seconds): an old one does not count again."""
    return abs(now - timestamp) <= TOLERANCE


def _signature(key: bytes, delivery: str, timestamp: int, body: bytes) -> str:
    signed = f"{delivery}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
