"""How long lossfix takes, against what one would use instead: ``python -m benchmarks``."""
