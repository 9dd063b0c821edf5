"""What the verification of 1, 10 and 50 losses takes, with one worker and with two."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.clock import Row, Table
from lossfix.model import Probe, Safety, Subject
from lossfix.verify.client import Verifier

LOSSES = 50
_TEXT = """
import tensorflow as tf

def spread_loss(y_true, y_pred):
    error = {error}
    return tf.reduce_mean(tf.square(error) * {factor} + tf.abs(error), axis=-1)
"""
_DETACHED = "(y_true.numpy() - y_pred.numpy())"


def probes(count: int, wrong: bool = False) -> Iterator[Probe]:
    """So many losses that left the graph, each with its repair; or with one that changes the sign."""
    for number in range(count):
        factor = f"{1 + number / 7:.4f}"
        after = "-(y_true + y_pred)" if wrong else "(y_true - y_pred)"
        before = _TEXT.format(error=_DETACHED, factor=factor)
        yield Probe(
            f"loss {number}",
            Subject(before, "spread_loss"),
            Subject(_TEXT.format(error=after, factor=factor), "spread_loss"),
            Safety.EXACT,
        )


def verification(scratch: Path) -> Table:
    """A pair of a loss and its repair, through the whole battery."""
    ends, sizes = _run(LOSSES, 1)
    ends_of_two, _ = _run(LOSSES, 2)
    refused, _ = _run(5, 1, wrong=True)
    rows = [
        Row("TensorFlow's import", _import(), "in the same interpreter"),
        Row("the first loss", ends[0], "with the start of its worker"),
        Row("10 losses", ends[9]),
        Row(f"{LOSSES} losses", ends[-1]),
        Row("each further loss", (ends[-1] - ends[0]) / (LOSSES - 1)),
        Row("each further loss, refused early", (refused[-1] - refused[0]) / 4),
        Row(f"{LOSSES} losses, two workers", ends_of_two[-1]),
    ]
    grown = f"The worker took {sizes[0]} MiB after the first loss, {sizes[-1]} after the last."
    targets = {
        "the first loss": "import + 3 s",
        f"{LOSSES} losses": "at least 1.7",
        "each further loss": "1.5 s",
        "each further loss, refused early": "0.3 s",
    }
    return Table("Verification", tuple(rows), f"{LOSSES} losses, two workers", grown, targets)


def _run(count: int, jobs: int, wrong: bool = False) -> tuple[list[float], list[int]]:
    """Seconds until each verdict, and MiB of the largest worker then."""
    ends, sizes = [], []
    start = time.perf_counter()
    with Verifier(sys.executable, jobs=jobs) as verifier:
        for _, verdict in verifier.measure(probes(count, wrong)):
            assert verdict.writable is not wrong, verdict
            ends.append(time.perf_counter() - start)
            sizes.append(_largest_worker())
    return ends, sizes


def _import() -> float:
    import subprocess

    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import tensorflow"], capture_output=True, check=True)
    return time.perf_counter() - start


def _largest_worker() -> int:
    """MiB in memory of the largest process that runs the probe; 0 where the system does not tell."""
    found = [0]
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"probe/__main__.py" not in (folder / "cmdline").read_bytes():
                continue
            for line in (folder / "status").read_text("utf-8").splitlines():
                if line.startswith("VmRSS:"):
                    found.append(int(line.split()[1]) // 1024)
        except OSError:
            continue
    return max(found)
