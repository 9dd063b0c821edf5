"""What lossfix and a worker say to each other, and how it travels.

A message is one frozen record (``records.py``): four bytes of length (big-endian), then JSON in
UTF-8. Each answer repeats the nonce of its request, so that nothing which the measured code writes
can pass for one. Standard library only; both sides read this file.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import BinaryIO, Optional, TypeVar

from .facts import Facts
from .job import Job
from .records import from_json, to_json

T = TypeVar("T")

LARGEST = 32 * 2**20
"""No message is longer, in bytes: a greater length is garbage."""

_LENGTH = struct.Struct(">I")
_dumps = json.dumps  # bound here: the measured code may replace what it finds in modules


class Garbled(Exception):
    """What arrived is no message."""


@dataclass(frozen=True)
class Start:
    """The first message to a worker."""

    nonce: str
    timeout: float
    """Seconds that one job may take."""
    memory: int
    """MiB that one job may take in addition to what TensorFlow takes once imported."""
    root: str = ""
    """Folder from which the losses may import what is the project's own; empty for none."""
    fork: bool = True
    """Whether to run each job in a child of this worker; otherwise the worker runs one job itself,
    and ends."""


@dataclass(frozen=True)
class Hello:
    """A worker's first message: it is ready, or says why it never will be."""

    nonce: str
    versions: tuple[tuple[str, str], ...] = ()
    """``python``, ``tensorflow``, ``keras`` and ``numpy``."""
    isolation: tuple[str, ...] = ()
    """What holds the jobs back on this system, in words."""
    error: str = ""


@dataclass(frozen=True)
class Request:
    """One loss to be measured."""

    nonce: str
    job: Job


@dataclass(frozen=True)
class Answer:
    """What came of a request."""

    nonce: str
    ending: str
    """``answered``; ``crashed``, ``timeout``, ``memory``, ``processes`` (too many of them) or
    ``failed`` (an error of our own)."""
    facts: Optional[Facts] = None
    """There where it was answered."""
    detail: str = ""
    """How it ended otherwise."""
    log: str = ""
    """The end of what it wrote to stdout and stderr."""


def encode(record: object) -> bytes:
    """A record as one message."""
    body = _dumps(to_json(record), ensure_ascii=False).encode("utf-8", "backslashreplace")
    return _LENGTH.pack(len(body)) + body


def decode(kind: type[T], buffer: bytes) -> Optional[T]:
    """The record at the start of ``buffer``; ``None`` where it has not arrived whole.

    Raises ``Garbled`` where these bytes cannot become a record of this kind.
    """
    if len(buffer) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack_from(buffer)
    if length > LARGEST:
        raise Garbled(f"a message of {length} bytes")
    body = buffer[_LENGTH.size : _LENGTH.size + length]
    if len(body) < length:
        return None
    try:
        return from_json(kind, json.loads(body.decode("utf-8")))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise Garbled(f"no {kind.__name__}: {error}") from error


def receive(kind: type[T], stream: BinaryIO) -> Optional[T]:
    """Waits for one record; ``None`` where the stream ends first.

    Raises ``Garbled`` where something else arrives.
    """
    head = _read(stream, _LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > LARGEST:
        raise Garbled(f"a message of {length} bytes")
    return decode(kind, head + _read(stream, length))


def _read(stream: BinaryIO, size: int) -> bytes:
    """``size`` bytes, or as many as there are before the stream ends."""
    pieces = []
    while size > 0:
        piece = stream.read(size)
        if not piece:
            break
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
