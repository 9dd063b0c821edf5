"""How long lossfix takes, and what memory, against what one would use instead: ``python -m benchmarks``."""
