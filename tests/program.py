"""The program as its users run it: arguments in, bytes and an exit code out."""

from __future__ import annotations

import ctypes
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from lossfix import cli

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Ended:
    """What a run left behind."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode("utf-8")


def lossfix(*arguments: object, at: Path, stdin: bytes = b"", **environment: str) -> Ended:
    """``lossfix ARGUMENTS`` with the working directory ``at``, within this process."""
    out, err = io.BytesIO(), io.BytesIO()
    streams = {
        "stdin": io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"),
        "stdout": io.TextIOWrapper(out, encoding="utf-8", write_through=True),
        "stderr": io.TextIOWrapper(err, encoding="utf-8", write_through=True),
    }
    before = Path.cwd()
    os.chdir(at)
    try:
        with (
            mock.patch.multiple(sys, argv=["lossfix", *map(str, arguments)], **streams),
            mock.patch.dict(os.environ, environment),
        ):
            cli.main()
    except SystemExit as end:
        return Ended(int(end.code or 0), out.getvalue(), err.getvalue().decode("utf-8"))
    finally:
        os.chdir(before)
    raise AssertionError("the program never ends without an exit code")


def process(*arguments: object, at: Path, stdin: bytes = b"", **environment: str) -> Ended:
    """The same as a process of its own: ``python -m lossfix ARGUMENTS``."""
    done = subprocess.run(
        [sys.executable, "-m", "lossfix", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=at,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        check=False,
        timeout=300,
    )
    return Ended(done.returncode, done.stdout, done.stderr.decode("utf-8"))


@contextmanager
def heeding_modes() -> Iterator[None]:
    """Have the modes of files count for this thread, which they do not for root: capset(2)."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # the version of these structures, this thread
    before, without = (ctypes.c_uint32 * 6)(), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, before) == 0
    without[:] = before[:]
    without[0] &= ~0b110  # of what is in effect: CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    assert libc.capset(header, without) == 0
    try:
        yield
    finally:
        assert libc.capset(header, before) == 0
