"""``python -m lossfix`` is the same program as ``lossfix``."""

import os
import sys

from lossfix.interrupts import interrupted_by_signals


def main() -> None:
    """The program; Ctrl-C while it is still being loaded is an interrupt like any other."""
    try:
        interrupted_by_signals()
        _have_streams()
        from lossfix.cli import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


def _have_streams() -> None:
    """Have all three streams: what is written to one that was closed (``>&-``) goes nowhere, and no file
    that is opened takes its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


if __name__ == "__main__":
    main()
