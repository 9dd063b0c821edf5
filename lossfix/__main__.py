"""``python -m lossfix`` is the same program as ``lossfix``."""

from lossfix.cli import main

if __name__ == "__main__":
    main()
