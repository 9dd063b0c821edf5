"""What memory a check takes at its peak, and what each further file adds to it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks import peers
from benchmarks.clock import Contender
from benchmarks.scanning import UNCACHED
from benchmarks.trees import synthetic, with_losses

FEW_LOSSES, LOSSES = 2_000, 100
"""Files of the smaller tree of each kind; the larger has five times as many."""
_TIMES = 5


@dataclass(frozen=True)
class Growth:
    """The peak of one command over a tree, and over one of ``_TIMES`` as many files; in kB."""

    name: str
    files: int
    """Of the smaller tree."""
    peak: int
    peak_of_more: int

    @property
    def further(self) -> float:
        """What each further file adds, in kB."""
        return (self.peak_of_more - self.peak) / (self.files * (_TIMES - 1))


@dataclass(frozen=True)
class Growths:
    """What the benchmark found."""

    rows: tuple[Growth, ...]

    def __str__(self) -> str:
        """The table in Markdown."""
        about = "The largest process of a run at its peak; each file with losses has three of them."
        lines = ["## Memory", "", about, ""]
        lines += [
            "| | files | MB | files | MB | kB a further file |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        lines += [
            f"| {row.name} | {row.files} | {row.peak / 1000:.0f} "
            f"| {row.files * _TIMES} | {row.peak_of_more / 1000:.0f} | {row.further:.2g} |"
            for row in self.rows
        ]
        return "\n".join(lines) + "\n"


def memory(scratch: Path) -> Growths:
    """Files that all hold losses, in one process and in two, and files of which few do."""
    few = [synthetic(scratch, FEW_LOSSES * times) for times in (1, _TIMES)]
    every = [with_losses(scratch, LOSSES * times) for times in (1, _TIMES)]
    return Growths(
        (
            _growth("`check -j 1`, one file in 500 with a loss", FEW_LOSSES, few, 1),
            _growth("`check -j 1`, each with losses", LOSSES, every, 1),
            _growth("`check -j 2`, each with losses", LOSSES, every, 2),
        )
    )


def _growth(name: str, files: int, trees: list[Path], jobs: int) -> Growth:
    arguments = (*UNCACHED, "-j", str(jobs), ".")
    smaller, larger = (_peak(peers.lossfix(each, *arguments)) for each in trees)
    return Growth(name, files, smaller, larger)


def _peak(contender: Contender) -> int:
    """The most memory that a command, or a process that it started, has held; in kB."""
    process = subprocess.Popen(
        contender.command,
        cwd=contender.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(contender.command)} ended with {process.returncode}")
    # macOS tells bytes.
    return used.ru_maxrss // 1000 if sys.platform == "darwin" else used.ru_maxrss
