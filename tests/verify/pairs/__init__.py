"""Losses before and after: right rewrites and wrong ones, and the ruling that each deserves."""

from __future__ import annotations

from pairs import alive, counts, dead, detached, jumps, penalties, rare
from pairs.pair import Pair

PAIRS: tuple[Pair, ...] = (
    *jumps.PAIRS,
    *penalties.PAIRS,
    *dead.PAIRS,
    *counts.PAIRS,
    *alive.PAIRS,
    *detached.PAIRS,
    *rare.PAIRS,
)

BY_NAME = {pair.name: pair for pair in PAIRS}
