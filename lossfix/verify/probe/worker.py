"""A worker: imports TensorFlow once, then measures one loss after the other.

On Linux it is a zygote: it imports and runs nothing itself, and each job is a child of its own.
Elsewhere, where a process that imported TensorFlow is not safe to fork, a worker takes one job
behind the audit hook alone, and its process ends with it.
"""

from __future__ import annotations

import gc
import importlib
import os
import platform
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Callable

from .facts import Facts
from .job import Job
from .protocol import Answer, Hello, Request, Start, encode, receive
from .sandbox import Limits, become_subreaper, confine

Measure = Callable[[Job, str], Facts]
"""A job and the folder that it may write to, to the facts of it."""
Versions = tuple[tuple[str, str], ...]

_write, _exit = os.write, os._exit  # bound here: the measured code may replace them
_LIBRARIES = ("tensorflow", "keras", "numpy")
_LATE = ("numpy.ma",)
"""What these load when it is first asked for. Code with ``np.bool = bool`` would break that."""


def main() -> None:
    """Serves whoever started this process over its standard input and output, until they close.

    The working directory must be a scratch folder of this worker's own. It is gone afterwards: whoever
    started this process may have been killed without having deleted it.
    """
    from .supervise import remove

    wire = _take_over_streams()
    scratch = os.getcwd()
    try:
        start = receive(Start, wire.asker)
        if start is not None:
            _serve(start, scratch, wire)
    except BrokenPipeError:
        pass  # nobody is there for the answer
    finally:
        remove(scratch)
    _exit(0)  # TensorFlow takes its time to leave


def _serve(start: Start, scratch: str, wire: Wire) -> None:
    _settle(scratch, start.root)
    try:
        measure = _import_measure()
        versions = _versions()
    except BaseException as error:
        traceback.print_exc()
        wire.reply(Hello(start.nonce, error=f"{type(error).__name__}: {error}"))
        receive(Request, wire.asker)  # what was printed is read before all of it is deleted
        return
    (_serve_children if start.fork else _serve_once)(start, scratch, wire, measure, versions)


@dataclass(frozen=True)
class Wire:
    """The way to whoever started this process."""

    asker: BinaryIO
    """Unbuffered, so that it can be polled."""
    channel: int

    def reply(self, record: object) -> None:
        """Sends one record."""
        message = encode(record)
        while message:
            message = message[_write(self.channel, message) :]


def _serve_children(
    start: Start, scratch: str, wire: Wire, measure: Measure, versions: Versions
) -> None:
    from .supervise import Abandoned, run

    limits = Limits(start.timeout, start.memory)
    become_subreaper()
    # What is alive now is alive in every child: untouched by their collectors it stays shared.
    gc.collect()
    gc.freeze()
    in_child = partial(
        run, scratch=scratch, limits=limits, asker=wire.asker.fileno(), private=(wire.channel,)
    )
    with suppress(Abandoned):
        trial = in_child(lambda directory: None)
        wire.reply(Hello(start.nonce, versions, trial.isolation, trial.detail))
        for request in iter(partial(receive, Request, wire.asker), None):
            ending = in_child(partial(measure, request.job))
            wire.reply(Answer(request.nonce, ending.kind, ending.facts, ending.detail, ending.log))


def _serve_once(
    start: Start, scratch: str, wire: Wire, measure: Measure, versions: Versions
) -> None:
    wire.reply(Hello(start.nonce, versions, ("a process for each loss", "audit hook")))
    request = receive(Request, wire.asker)
    if request is None:
        return
    directory = os.path.join(scratch, "job")
    os.mkdir(directory)
    confine(directory, Limits(start.timeout, start.memory))
    try:
        answer = Answer(request.nonce, "answered", measure(request.job, directory))
    except BaseException:
        answer = Answer(request.nonce, "failed", detail=traceback.format_exc())
    wire.reply(answer)
    _exit(0)


def _take_over_streams() -> Wire:
    """Our own copies of standard input and output. What is written to standard output from here on
    goes to standard error, and standard input is empty."""
    wire = Wire(os.fdopen(os.dup(0), "rb", buffering=0), os.dup(1))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    return wire


def _settle(scratch: str, root: str) -> None:
    home = os.path.join(scratch, "home")
    os.makedirs(home, exist_ok=True)
    # Only now: the interpreter found the user's own packages through the real ones.
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "KERAS_HOME", "MPLCONFIGDIR"):
        os.environ[name] = home
    sys.argv = ["lossfix"]
    if root:
        sys.path.append(root)


def _import_measure() -> Measure:
    import tensorflow as tf

    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    from .measure import measure

    return measure


def _versions() -> Versions:
    modules = [(name, importlib.import_module(name)) for name in _LIBRARIES]
    for name in _LATE:
        importlib.import_module(name)
    return (
        ("python", platform.python_version()),
        *((name, str(module.__version__)) for name, module in modules),
    )
