"""Sends losses to workers in the user's interpreter and brings back verdicts.

``verify_probe`` is the unit of work: a plain function of plain data, so that any
``concurrent.futures.Executor`` can run it, threads here or processes elsewhere.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import Protocol

from lossfix.model import Environment, Probe, Ruling, State, Subject, Verdict
from lossfix.verify.judge import judge
from lossfix.verify.probe.job import Job, SubjectSource
from lossfix.verify.probe.protocol import Answer, Hello
from lossfix.verify.workers import Settings, ask, close_workers, lent

_logger = logging.getLogger(__name__)


class Known(Protocol):
    """Where verdicts are kept from one run to the next."""

    def recall(self, kind: str, key: object) -> object:
        """The verdict for a key; ``None`` where there is none."""

    def remember(self, kind: str, key: object, value: object) -> None:
        """Keep a verdict."""


class Verifier:
    """Measures losses in worker processes, and closes them when it is closed.

    ``jobs`` is how many losses are measured at a time; with an ``executor`` of the caller's own it
    is how many are handed to it at a time, and that one stays open. ``timeout`` (seconds) and
    ``memory`` (MiB) are what one loss may take; ``None`` is the default. Verdicts are taken from what
    is ``known`` where they were measured under the same ``versions`` of the interpreter's packages.
    """

    def __init__(
        self,
        python: str,
        *,
        jobs: int = 1,
        timeout: float | None = None,
        memory: int | None = None,
        seed: int = Settings.seed,
        root: str = Settings.root,
        fork: bool = Settings.fork,
        executor: Executor | None = None,
        known: Known | None = None,
        versions: tuple[str, ...] = (),
    ) -> None:
        self.settings = Settings(
            python, timeout or Settings.timeout, memory or Settings.memory, seed, root, fork
        )
        self._jobs = max(1, jobs)
        self._owns_executor = executor is None
        self._executor: Executor = executor or ThreadPoolExecutor(self._jobs)
        self._hello: Hello | None = None
        # Modules of the project may change, and are in no key.
        self._known = None if root else known
        self._versions = versions

    def measure(self, probes: Iterable[Probe]) -> Iterator[tuple[Probe, Verdict]]:
        """Each probe with its verdict, in the order given, several measured at a time.

        A few probes are taken ahead of the verdict that is waited for, so that the workers are
        busy while the caller is. Raises ``InterpreterError`` where no worker can be started.
        """
        under_way: deque[tuple[Probe, Future[Verdict]]] = deque()
        try:
            for probe in probes:
                under_way.append((probe, self._verdict_on(probe)))
                if len(under_way) >= 2 * self._jobs:
                    yield self._settled(under_way)
            while under_way:
                yield self._settled(under_way)
        finally:
            for _, future in under_way:
                future.cancel()

    def _verdict_on(self, probe: Probe) -> Future[Verdict]:
        verdict = None if self._known is None else self._known.recall(*self._key(probe))
        if isinstance(verdict, Verdict):
            future: Future[Verdict] = Future()
            future.set_result(verdict)
            return future
        return self._executor.submit(verify_probe, probe, self.settings)

    def _settled(self, under_way: deque[tuple[Probe, Future[Verdict]]]) -> tuple[Probe, Verdict]:
        probe, future = under_way.popleft()
        verdict = future.result()
        # What could not be measured may be measured another time, on a machine that is less busy.
        if self._known is not None and verdict.ruling is not Ruling.UNVERIFIABLE:
            self._known.remember(*self._key(probe), verdict)
        return probe, verdict

    def _key(self, probe: Probe) -> tuple[str, tuple[object, ...]]:
        return "verdict", (replace(probe, name=""), self.settings, self._versions)

    def environment(self) -> Environment:
        """Where the losses are measured. Raises ``InterpreterError`` where that cannot be."""
        versions = dict(self._greeting().versions)
        return Environment(
            python=self.settings.python,
            python_version=versions.get("python", ""),
            tensorflow=versions.get("tensorflow", ""),
            keras=versions.get("keras", ""),
            numpy=versions.get("numpy", ""),
        )

    def isolation(self) -> tuple[str, ...]:
        """What holds the measured code back on this system, in words."""
        return self._greeting().isolation

    def close(self) -> None:
        """Ends the workers, also those that are at work."""
        if self._owns_executor:
            self._executor.shutdown(wait=False, cancel_futures=True)
            close_workers(self.settings)  # those at work, so that nobody waits for them
            self._executor.shutdown(wait=True)
        close_workers(self.settings)

    def __enter__(self) -> Verifier:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _greeting(self) -> Hello:
        if self._hello is None:
            with lent(self.settings) as worker:
                self._hello = worker.hello
        return self._hello


def verify_probe(probe: Probe, settings: Settings) -> Verdict:
    """Measures one loss with a worker of this process and judges what came of it.

    Whatever the loss does is in the verdict. Raises ``InterpreterError`` where no worker can be
    started.
    """
    began = time.monotonic()
    for side, subject in (("", probe.before), ("in the rewrite: ", probe.after)):
        if subject is not None and subject.unverifiable:
            return _unverifiable(probe, f"{side}{subject.unverifiable}")
    job = _job(probe, settings.seed)
    answer = _asked(job, settings)
    if answer.facts is not None:
        verdict = judge(probe, answer.facts)
    else:
        verdict = _unverifiable(probe, _in_words(answer, settings))
        if answer.ending == "crashed" and job.after is not None:
            verdict = _blamed(probe, verdict, _asked(replace(job, after=None), settings))
    return replace(verdict, seconds=time.monotonic() - began)


def _asked(job: Job, settings: Settings) -> Answer:
    answer = ask(job, settings)
    if answer.log:
        _logger.debug("%s wrote:\n%s", job.name, answer.log.rstrip())
    return answer


def _blamed(probe: Probe, verdict: Verdict, alone: Answer) -> Verdict:
    """The verdict on a crash, in the knowledge of what came of the original ``alone``."""
    if alone.facts is None:
        return verdict
    before = judge(replace(probe, after=None), alone.facts).before
    reason = f"the rewrite, and not the original: {verdict.reasons[0]}"
    return replace(_unverifiable(probe, reason), before=before)


def _job(probe: Probe, seed: int) -> Job:
    return Job(
        name=probe.name,
        before=_source(probe.before),
        after=None if probe.after is None else _source(probe.after),
        promise=probe.promise.value,
        gate=probe.gate.value,
        steepness=probe.steepness,
        thresholds=probe.thresholds,
        families=probe.families,
        head=probe.head,
        seed=seed,
        true_shape=dict(probe.shapes).get("y_true"),
        pred_shape=dict(probe.shapes).get("y_pred"),
        true_range=dict(probe.ranges).get("y_true"),
        pred_range=dict(probe.ranges).get("y_pred"),
        exact_tolerance=probe.exact_tolerance,
        relaxed_tolerance=probe.relaxed_tolerance,
        leaves_gradient=probe.leaves_gradient,
    )


def _source(subject: Subject) -> SubjectSource:
    return SubjectSource(subject.source, subject.expression, subject.steepened, subject.modules)


def _in_words(answer: Answer, settings: Settings) -> str:
    detail = answer.detail.rstrip()
    last = detail.rpartition("\n")[2]
    limits = {
        "timeout": f"measuring it took longer than {settings.timeout:g} s (--timeout)",
        "memory": f"measuring it took more than {settings.memory} MiB (--memory)",
        "processes": f"it does not stop starting processes: {answer.detail}",
        "failed": f"lossfix itself failed to measure it, please report it: {last}\n{detail}",
    }
    return limits.get(answer.ending, f"measuring it crashed the interpreter: {answer.detail}")


def _unverifiable(probe: Probe, reason: str) -> Verdict:
    after = () if probe.after is None else probe.after.assumptions
    return Verdict(
        Ruling.UNVERIFIABLE,
        summary=f"not verified: {reason.splitlines()[0]}",
        before=State.RAISES,
        reasons=(reason,),
        assumptions=tuple(dict.fromkeys((*probe.before.assumptions, *after))),
    )
