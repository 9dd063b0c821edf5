"""Runs one job in a child of its own, watches it, and leaves nothing of it behind.

The process that forks must have one thread and must have run no TensorFlow operation: a child
forked after any hangs in its first ``tf.function``. Linux only, standard library only.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import secrets
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, replace
from typing import Callable, Optional

from .facts import Facts
from .protocol import Garbled, decode, encode
from .sandbox import Limits, confine, die_with_parent, leave_namespaces

Work = Callable[[str], Optional[Facts]]
"""What a job does, given the folder that it may write to."""

MOST_PROCESSES = 64
"""Processes that one job may have at a time."""
_TICK = 0.1  # seconds between looks at a job's memory and processes
_BROKEN = 70  # exit code of a child that could not send its result
_HIGH = 200  # file descriptors from here on are out of the way of code that counts from 3
_LOG_TAIL = 4000  # bytes

_write, _exit = os.write, os._exit  # bound here: the measured code may replace them


class Abandoned(Exception):
    """Whoever asked for the job has gone."""


@dataclass(frozen=True)
class Result:
    """What a job's process writes as its last act."""

    nonce: str
    isolation: tuple[str, ...] = ()
    facts: Optional[Facts] = None
    error: str = ""
    """A traceback, where our own code raised."""


@dataclass(frozen=True)
class Ending:
    """What came of a job: the fields of ``protocol.Answer``, and the walls that it ran behind."""

    kind: str
    detail: str = ""
    facts: Optional[Facts] = None
    isolation: tuple[str, ...] = ()
    log: str = ""


def run(
    work: Work, scratch: str, limits: Limits, asker: int, private: tuple[int, ...] = ()
) -> Ending:
    """Runs ``work`` in a sandboxed child and says what came of it.

    ``scratch`` is a folder of ours in which the job gets one of its own until it ends; ``asker`` a
    file descriptor on which nothing arrives while somebody waits for the job. The child has neither
    it nor the ``private`` ones.

    Raises ``Abandoned`` where ``asker`` closes; the job is gone by then.
    """
    directory = tempfile.mkdtemp(prefix="job-", dir=scratch)
    log_path = os.path.join(scratch, "job.log")
    log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    reading, writing = os.pipe()
    nonce = secrets.token_hex(16)
    try:
        worker = os.getpid()
        baseline = _resident(worker)
        pid = os.fork()
        if pid == 0:
            try:
                die_with_parent()
                if os.getppid() == worker:  # else it was gone before the kernel knew of the wish
                    for descriptor in {reading, asker, *private}:
                        os.close(descriptor)
                    _child(work, directory, limits, nonce, writing, log)
            finally:
                _exit(_BROKEN)
        os.close(writing)
        try:
            ending = _watch(pid, reading, asker, limits, baseline, nonce)
        finally:
            kill_all(pid)
        return replace(ending, log=_tail(log_path))
    finally:
        os.close(reading)
        os.close(log)
        remove(directory)


def kill_all(group: int = 0) -> None:
    """Kills every process below this one and collects it; ``group`` is a process group to start
    with."""
    if group:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    patience = time.monotonic() + 5.0
    while time.monotonic() < patience:
        for pid in _descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.002)


def remove(directory: str) -> None:
    """Deletes a folder, also where the modes of what lies in it forbid that."""
    for folder, _, _ in os.walk(directory):
        with contextlib.suppress(OSError):
            os.chmod(folder, 0o700)
    shutil.rmtree(directory, ignore_errors=True)


def _child(work: Work, directory: str, limits: Limits, nonce: str, writing: int, log: int) -> None:
    import fcntl

    os.setsid()
    for target, source in ((0, os.open(os.devnull, os.O_RDONLY)), (1, log), (2, log)):
        os.dup2(source, target)
    channel = fcntl.fcntl(writing, fcntl.F_DUPFD_CLOEXEC, _HIGH)
    os.close(writing)
    walls = leave_namespaces()
    if walls:
        alive, held = os.pipe()
        inner = os.fork()
        if inner:
            os.close(channel)
            _mirror(os.waitpid(inner, 0)[1])
        os.close(held)
        die_with_parent()
        # From in here its number is not seen: where it is gone already, its end of a pipe is.
        if select.select([alive], [], [], 0)[0]:
            _exit(_BROKEN)
        os.close(alive)
    walls += confine(directory, limits)
    faulthandler.enable()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        message = encode(Result(nonce, tuple(walls), work(directory)))
    except BaseException:
        message = encode(Result(nonce, tuple(walls), error=traceback.format_exc()))
    while message:
        message = message[_write(channel, message) :]
    _exit(0)  # no clean-up of the measured code's own, no waiting for its threads


def _mirror(status: int) -> None:
    """Ends this process as ``status`` says that the other one ended."""
    if os.WIFSIGNALED(status):
        signum = os.WTERMSIG(status)
        if signum != signal.SIGKILL:
            signal.signal(signum, signal.SIG_DFL)
        os.kill(os.getpid(), signum)
    _exit(os.WEXITSTATUS(status))


def _watch(pid: int, reading: int, asker: int, limits: Limits, baseline: int, nonce: str) -> Ending:
    deadline = time.monotonic() + limits.seconds
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    poll.register(asker, select.POLLIN)
    received = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return Ending("timeout", f"it took longer than {limits.seconds:g} s")
        ready = [fd for fd, _ in poll.poll(1000 * min(left, _TICK))]
        if asker in ready:
            raise Abandoned
        if reading in ready:
            piece = os.read(reading, 1 << 16)
            received += piece
            try:
                result = decode(Result, received)
            except Garbled:
                return Ending("crashed", "it wrote garbage where its result goes")
            if result is not None:
                return _ending(result, nonce)
            if not piece:
                return Ending("crashed", _how_it_ended(pid))
            continue  # there may be more, and its process may have ended meanwhile
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return Ending("crashed", _how_it_ended(pid))
        below = _descendants(os.getpid())
        if len(below) > MOST_PROCESSES:
            return Ending("processes", f"it started {len(below)} processes")
        grown = sum(max(0, _resident(one) - baseline) for one in below)
        if grown > limits.memory * 2**20:
            return Ending("memory", f"it took more than {limits.memory} MiB")


def _ending(result: Result, nonce: str) -> Ending:
    if result.nonce != nonce:
        return Ending("crashed", "it wrote garbage where its result goes")
    kind = "failed" if result.error else "answered"
    return Ending(kind, result.error, result.facts, result.isolation)


def _how_it_ended(pid: int) -> str:
    """Waits a moment for the end of a process whose channel closed, and says how it went."""
    patience = time.monotonic() + 1.0
    while time.monotonic() < patience:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if not ended:
            time.sleep(0.005)
        elif os.WIFSIGNALED(status):
            return f"its process was ended by {signal.Signals(os.WTERMSIG(status)).name}"
        elif os.WEXITSTATUS(status) == _BROKEN:
            return "it broke what its result is sent with"
        else:
            return f"its process ended with exit code {os.WEXITSTATUS(status)}"
    return "it closed what its result is sent through"


def _descendants(pid: int) -> list[int]:
    """All processes below ``pid``; as far as the kernel lists children, at least the direct ones."""
    found: list[int] = []
    open_ends = [pid]
    while open_ends:
        children: list[int] = []
        for parent in open_ends:
            with contextlib.suppress(OSError):
                for thread in os.listdir(f"/proc/{parent}/task"):
                    with open(f"/proc/{parent}/task/{thread}/children") as file:
                        children += map(int, file.read().split())
        found += children
        open_ends = children
    return found


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds; 0 where it is gone."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def _tail(path: str) -> str:
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LOG_TAIL))
        return file.read().decode("utf-8", "replace")
