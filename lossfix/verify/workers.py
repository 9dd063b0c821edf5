"""The worker processes of this process: started when one is wanted, kept, lent and ended.

A worker costs TensorFlow's import, so each is kept until it dies or is closed.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from lossfix.verify.interpreter import InterpreterError, clean_environment
from lossfix.verify.probe.job import Job
from lossfix.verify.probe.protocol import (
    Answer,
    Garbled,
    Hello,
    Request,
    Start,
    encode,
    receive,
)
from lossfix.verify.scratch import Scratch

T = TypeVar("T")

START_SECONDS = 180.0
"""How long a worker may take to import TensorFlow, which is slow from a cold network drive."""

CLOSE_SECONDS = 2.0
"""How long a worker may take to end by itself."""

GRACE_SECONDS = 10.0
"""How much longer than its jobs a worker may take to say that one took too long."""

_LOG_TAIL = 4000  # bytes
_TOO_SLOW = "it did not answer in time"
_PROBE = Path(__file__).parent / "probe" / "__main__.py"


@dataclass(frozen=True)
class Settings:
    """How losses are measured; equal settings share workers."""

    python: str
    """The interpreter, which has TensorFlow."""
    timeout: float = 60.0
    """Seconds for one loss."""
    memory: int = 6144
    """MiB for one loss, beyond what TensorFlow takes once imported."""
    seed: int = 0
    root: str = ""
    """Folder from which losses may import the project's own modules; empty for none."""
    fork: bool = sys.platform == "linux"
    """Whether a worker forks a child per loss; otherwise each loss takes a worker of its own."""


def ask(job: Job, settings: Settings) -> Answer:
    """What a worker of this process answers to ``job``.

    A worker that dies, hangs or talks nonsense is replaced, and its answer says so.
    """
    with lent(settings) as worker:
        return worker.ask(job)


def close_workers(settings: Settings | None = None) -> None:
    """Ends this process' workers with these settings, or all of them."""
    with _lock:
        ending = [worker for worker in _workers if settings in (None, worker.settings)]
        _workers.difference_update(ending)
    for worker in ending:
        worker.close()


class Worker:
    """One process in the user's interpreter, from its greeting to its end.

    Raises ``InterpreterError`` where it does not get as far as its greeting.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.busy = True
        self._scratch = Scratch()
        self._log = os.path.join(self._scratch.path, "worker.log")
        try:
            with open(self._log, "wb") as log:
                self._process = subprocess.Popen(
                    [settings.python, "-B", "-X", "utf8", str(_PROBE)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    cwd=self._scratch.path,
                    env={**clean_environment(), "TMPDIR": self._scratch.path},
                    start_new_session=True,
                )
        except OSError as error:
            self._scratch.delete()
            why = error.strerror or str(error)
            raise InterpreterError(f"{settings.python} cannot be started: {why}") from error
        self._requests = cast(BinaryIO, self._process.stdin)
        self._answers = cast(BinaryIO, self._process.stdout)
        self.hello = self._greet()

    def ask(self, job: Job) -> Answer:
        """What it answers; where it does not, it is closed, and the answer says why."""
        nonce = secrets.token_hex(16)
        # One that forks holds its jobs to the deadline itself, and knows more of how they ended.
        patience = self.settings.timeout + (GRACE_SECONDS if self.settings.fork else 0.0)
        answer, why = self._exchange(Request(nonce, job), Answer, patience)
        if answer is not None and answer.nonce != nonce:
            answer, why = None, "its worker gave an answer to something else"
        if answer is None:
            ending = "timeout" if why == _TOO_SLOW else "crashed"
            answer = Answer(nonce, ending, detail=why, log=self.log())
            self.close()
        elif not self.settings.fork:
            self.close()
        return answer

    def log(self) -> str:
        """The end of what it wrote to standard error."""
        with contextlib.suppress(OSError), open(self._log, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _LOG_TAIL))
            return file.read().decode("utf-8", "replace")
        return ""

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """Ends it with all its children and deletes its files. Closing twice does nothing."""
        with contextlib.suppress(OSError):
            self._requests.close()  # upon which it ends by itself, and its job first
        try:
            self._process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()
            self._process.wait()
        self._answers.close()
        self._scratch.delete()

    def _greet(self) -> Hello:
        settings, nonce = self.settings, secrets.token_hex(16)
        start = Start(nonce, settings.timeout, settings.memory, settings.root, settings.fork)
        hello, why = self._exchange(start, Hello, START_SECONDS)
        if hello is not None and hello.nonce != nonce:
            hello, why = None, "it does not answer as a worker does"
        if hello is None or hello.error:
            why, log = hello.error if hello else why, self.log().strip()
            self.close()
            raise InterpreterError(
                f"{settings.python} cannot measure losses: {why}; name another with --python PATH"
                + (f". It wrote:\n{log}" if log else "")
            )
        return hello

    def _exchange(self, message: object, kind: type[T], patience: float) -> tuple[T | None, str]:
        """What comes back for a message, or why nothing does."""
        overdue = threading.Event()

        def give_up() -> None:
            overdue.set()
            self._kill()  # the reading below then comes to the end of the stream

        timer = threading.Timer(patience, give_up)
        timer.daemon = True
        timer.start()
        try:
            self._requests.write(encode(message))
            self._requests.flush()
            record = receive(kind, self._answers)
        except Garbled:
            return None, "its worker wrote garbage"
        except (OSError, ValueError):
            record = None  # it has gone, or was closed meanwhile
        finally:
            timer.cancel()
        if record is None:
            return None, _TOO_SLOW if overdue.is_set() else "its worker died"
        return record, ""

    def _kill(self) -> None:
        if self._process.returncode is not None:
            return  # its number may be another's by now
        with contextlib.suppress(OSError):
            if os.name == "posix":
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()


_workers: set[Worker] = set()
_lock = threading.Lock()
atexit.register(close_workers)


@contextlib.contextmanager
def lent(settings: Settings) -> Iterator[Worker]:
    """A worker for as long as the block runs: one that is idle, or a new one."""
    with _lock:
        idle = (w for w in _workers if not w.busy and w.alive and w.settings == settings)
        worker = next(idle, None)
        if worker is not None:
            worker.busy = True
    if worker is None:
        worker = Worker(settings)
        with _lock:
            _workers.add(worker)
    try:
        yield worker
    finally:
        with _lock:
            worker.busy = False
            if not worker.alive:
                _workers.discard(worker)
        if not worker.alive:
            worker.close()
