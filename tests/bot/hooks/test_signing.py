"""Signatures: those of Standard Webhooks, and whatever is changed in them does not count."""

from __future__ import annotations

import base64

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.hooks import signing

KEYS = st.binary(min_size=signing.SHORTEST_KEY, max_size=signing.LONGEST_KEY)
IDS = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)
TIMES = st.integers(0, 10**11)
BODIES = st.binary(max_size=300)


def test_the_signatures_are_those_of_the_reference_library() -> None:
    """Made with standardwebhooks 1.1.0, which others verify with."""
    key = bytes(range(32))
    signed = signing.sign([key], "msg_0001", 1764230400, b'{"version":1,"number":"261103829174"}')
    assert signed == "v1,On0Lu4e3WE7u0O8sse6GkybYZB6S/X6ip1mVeZoBaJg="
    chinese = '{"text":"老板拖欠工资"}'.encode()
    signed = signing.sign([key], "msg_0002", 1764230400, chinese)
    assert signed == "v1,HpiVHrbzsOo72r2+yJeLMVadf8gSYskT0xit/Z3PyvI="


@given(KEYS, IDS, TIMES, BODIES)
def test_what_was_signed_verifies(key: bytes, delivery: str, time: int, body: bytes) -> None:
    headers = signing.headers([key], delivery, time, body)
    assert signing.well_formed(headers[signing.ID], headers[signing.TIMESTAMP])
    assert signing.verify([key], delivery, time, body, headers[signing.SIGNATURE])


@given(KEYS, IDS, TIMES, st.binary(min_size=1, max_size=300), st.data())
def test_any_bit_of_the_body_counts(
    key: bytes, delivery: str, time: int, body: bytes, data: st.DataObject
) -> None:
    bit = data.draw(st.integers(0, len(body) * 8 - 1))
    changed = bytearray(body)
    changed[bit // 8] ^= 1 << bit % 8
    signed = signing.sign([key], delivery, time, body)
    assert not signing.verify([key], delivery, time, bytes(changed), signed)


@given(KEYS, IDS, TIMES, BODIES, st.data())
def test_any_bit_of_the_signature_counts(
    key: bytes, delivery: str, time: int, body: bytes, data: st.DataObject
) -> None:
    mac = bytearray(base64.b64decode(signing.sign([key], delivery, time, body)[3:]))
    bit = data.draw(st.integers(0, len(mac) * 8 - 1))
    mac[bit // 8] ^= 1 << bit % 8
    forged = f"v1,{base64.b64encode(mac).decode()}"
    assert not signing.verify([key], delivery, time, body, forged)


@given(KEYS, KEYS, IDS, IDS, TIMES, TIMES, BODIES)
def test_key_id_and_time_count(
    key: bytes, key2: bytes, delivery: str, delivery2: str, time: int, time2: int, body: bytes
) -> None:
    # HMAC fills a key up with zeros: these would be the same one
    assume(key.rstrip(b"\0") != key2.rstrip(b"\0") and delivery != delivery2 and time != time2)
    signed = signing.sign([key], delivery, time, body)
    assert not signing.verify([key2], delivery, time, body, signed)
    assert not signing.verify([key], delivery2, time, body, signed)
    assert not signing.verify([key], delivery, time2, body, signed)


@given(st.lists(KEYS, min_size=2, max_size=4, unique=True), IDS, TIMES, BODIES, st.data())
def test_while_a_secret_is_changed_either_one_is_enough(
    keys: list[bytes], delivery: str, time: int, body: bytes, data: st.DataObject
) -> None:
    one = data.draw(st.sampled_from(keys))
    # we have all, they have one; they have one, we have all
    assert signing.verify([one], delivery, time, body, signing.sign(keys, delivery, time, body))
    assert signing.verify(keys, delivery, time, body, signing.sign([one], delivery, time, body))


@given(KEYS, IDS, TIMES, BODIES, st.text(max_size=200))
def test_nonsense_is_no_signature_and_no_error(
    key: bytes, delivery: str, time: int, body: bytes, nonsense: str
) -> None:
    assert not signing.verify([key], delivery, time, body, nonsense)
    assert not signing.verify([], delivery, time, body, signing.sign([key], delivery, time, body))


def test_another_version_of_the_convention_does_not_count() -> None:
    signed = signing.sign([bytes(32)], "a", 1, b"x")
    assert not signing.verify([bytes(32)], "a", 1, b"x", "v2" + signed[2:])
    assert signing.verify([bytes(32)], "a", 1, b"x", f"v1a,abc {signed}")
    many = " ".join(["v1,abc"] * signing.SIGNATURES_AT_MOST)
    assert not signing.verify([bytes(32)], "a", 1, b"x", f"{many} {signed}")


@given(st.integers(0, 10**10), st.integers(-(10**6), 10**6))
def test_only_five_minutes_to_either_side_are_now(now: int, off: int) -> None:
    assert signing.fresh(now + off, now) == (abs(off) <= 300)


@pytest.mark.parametrize(
    ("delivery", "time"),
    [("", "1"), ("a.1", "2"), ("a b", "1"), ("a", ""), ("a", "-1"), ("a", "1.0"), ("a", "１"),
     ("a" * 129, "1"), ("a", "1" * 13), ("a\n", "1"), ("a", "1\n")],
)  # fmt: skip
def test_what_cannot_be_an_id_or_a_time(delivery: str, time: str) -> None:
    assert not signing.well_formed(delivery, time)


@given(KEYS)
def test_a_secret_is_base64_with_or_without_its_prefix(key: bytes) -> None:
    written = base64.b64encode(key).decode()
    assert signing.key_of(written) == signing.key_of(signing.PREFIX + written) == key


@pytest.mark.parametrize("key", [b"", bytes(23), bytes(65)])
def test_a_secret_of_another_length_is_none(key: bytes) -> None:
    with pytest.raises(ValueError, match="24 to 64"):
        signing.key_of(signing.PREFIX + base64.b64encode(key).decode())


def test_what_is_wrong_with_a_secret_does_not_say_the_secret() -> None:
    with pytest.raises(ValueError, match="base64") as wrong:
        signing.key_of("whsec_sehrgeheim!")
    assert "geheim" not in str(wrong.value)
    assert wrong.value.__cause__ is None
