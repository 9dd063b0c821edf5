"""``python -m lossfix`` is the same program as ``lossfix``."""

import sys


def main() -> None:
    """The program; Ctrl-C while it is still being loaded is an interrupt like any other."""
    try:
        from lossfix.cli import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
