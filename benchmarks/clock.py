"""Times of whole commands, taken in turns, so that their ratios come from one run."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LONG = 8.0
"""Seconds from which a command is run once: its own noise is then small beside the ratios."""


@dataclass(frozen=True)
class Contender:
    """A command that takes part in a race."""

    name: str
    command: tuple[str, ...]
    folder: Path
    prepare: Callable[[], object] = field(default=lambda: None)
    """Called before each run and not timed."""


@dataclass(frozen=True)
class Row:
    """One line of a table. ``seconds`` is ``None`` where the command did not finish within the limit."""

    name: str
    seconds: float | None
    note: str = ""


@dataclass(frozen=True)
class Table:
    """What one benchmark found."""

    title: str
    rows: tuple[Row, ...]
    unit: str = ""
    """The row whose time is 1 in the last column; empty: no ratios."""
    about: str = ""
    targets: Mapping[str, str] = field(default_factory=dict)
    """What a row's ratio should be, by its name."""

    def __str__(self) -> str:
        """The table in Markdown."""
        times = {row.name: row.seconds for row in self.rows}
        unit = times.get(self.unit) or 0.0
        lines = [f"## {self.title}", "", *([self.about, ""] if self.about else [])]
        lines += ["| | seconds | ratio | target | |", "|---|---:|---:|---:|---|"]
        for row in self.rows:
            ratio = f"{row.seconds / unit:.3g}" if row.seconds is not None and unit else ""
            seconds = "did not finish" if row.seconds is None else f"{row.seconds:.3g}"
            target = self.targets.get(row.name, "")
            lines.append(f"| {row.name} | {seconds} | {ratio} | {target} | {row.note} |")
        return "\n".join(lines) + "\n"


def race(contenders: Sequence[Contender], rounds: int = 5, limit: float = 150.0) -> tuple[Row, ...]:
    """The median time of each command over the rounds, each round running all of them in turn.

    A command that takes longer than ``limit`` seconds is ended and left out from then on.
    """
    times: dict[str, list[float]] = {each.name: [] for each in contenders}
    ended: set[str] = set()
    for _ in range(rounds):
        for each in contenders:
            taken = times[each.name]
            if each.name in ended or (taken and taken[0] > LONG):
                continue
            each.prepare()
            seconds = _timed(each, limit)
            if seconds is None:
                ended.add(each.name)
            else:
                taken.append(seconds)
    return tuple(_row(each.name, times[each.name], limit) for each in contenders)


def paths(files: Iterable[Path]) -> tuple[str, ...]:
    """Paths as arguments, in order."""
    return tuple(sorted(map(str, files)))


def _row(name: str, taken: list[float], limit: float) -> Row:
    if not taken:
        return Row(name, None, f"ended after {limit:g} s")
    return Row(name, statistics.median(taken), "once" if len(taken) == 1 else "")


def _environment() -> dict[str, str]:
    """As users have it: compiled modules are kept, so that only the first run of a command compiles them."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(Path(__file__).parents[1])}


def _timed(contender: Contender, limit: float) -> float | None:
    start = time.perf_counter()
    process = subprocess.Popen(
        contender.command,
        cwd=contender.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=_environment(),
    )
    # `wait(limit)` asks now and then, at last every 50 ms, and would round up to that what is measured.
    ending = threading.Timer(limit, os.killpg, (process.pid, signal.SIGKILL))
    ending.start()
    process.wait()
    seconds = time.perf_counter() - start
    ending.cancel()
    return seconds if seconds < limit else None
