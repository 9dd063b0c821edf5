"""``python -m lossfix`` is the same program as ``lossfix``."""

import os
import signal
import sys


def main() -> None:
    """The program; Ctrl-C while it is still being loaded is an interrupt like any other."""
    try:
        _end_as_interrupted()
        _have_streams()
        from lossfix.cli import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


def _end_as_interrupted() -> None:
    """Have what ends a job or closes its terminal end this program as Ctrl-C does: what is half-written
    is taken back, and the processes that were started end with it."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        # What is ignored, as under nohup, stays so.
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


def _have_streams() -> None:
    """Have all three streams: what is written to one that was closed (``>&-``) goes nowhere, and no file
    that is opened takes its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


if __name__ == "__main__":
    main()
