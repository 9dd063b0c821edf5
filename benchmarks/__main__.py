"""``python -m benchmarks [NAME]...``: prints the tables, and writes them to ``results.md``."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import peers, scanning, verifying
from benchmarks.clock import Table
from benchmarks.memory import Growths, memory

BENCHMARKS: dict[str, Callable[[Path], Table | Growths]] = {
    "start": scanning.start,
    "many": scanning.many,
    "few": scanning.few,
    "keras": scanning.keras,
    "tensorflow": scanning.tensorflow,
    "verification": verifying.verification,
    "memory": memory,
}
RESULTS = Path(__file__).parent / "results.md"


def main(names: list[str]) -> int:
    """Run the benchmarks with these names, or all."""
    unknown = sorted(set(names) - BENCHMARKS.keys())
    if unknown:
        print(
            f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}", file=sys.stderr
        )
        return 2
    peers.install()
    start = time.perf_counter()
    tables = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder, "cache"))
        for name in names or BENCHMARKS:
            table = f"{BENCHMARKS[name](Path(folder))}\n`python -m benchmarks {name}`\n"
            print(table, flush=True)
            tables.append(table)
    machine = (
        f"Python {platform.python_version()}, {os.cpu_count()} cores, "
        f"{platform.system()} on {platform.machine()}; "
        f"{time.perf_counter() - start:.0f} s in all."
    )
    if not names:
        RESULTS.write_text("\n".join(["# Results of one run", machine, *tables]), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
