"""Inputs that a loss does not accept: which line of its code refused them, and how far they had come."""

from __future__ import annotations

import linecache
import math
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .facts import RefusalFacts
from .families import Family
from .gradient import raised

WHOLE = (math.inf,)
"""How far inputs came that passed the whole code of a loss."""
LONGEST = 100
"""Of a line of code so many characters are quoted."""

_CONVERTED = re.compile(r'^\s*File "(?P<file>.+)", line (?P<number>\d+), in ', re.MULTILINE)
"""A line of the user's in the message of an error within what AutoGraph converted."""
_TARGETS = {
    "binary": "0 and 1",
    "onehot": "one-hot classes",
    "index": "class numbers",
    "sign": "-1 and 1",
    "count": "ratings",
}
_VALUES = {
    "real": "real numbers",
    "unit": "numbers between 0 and 1",
    "probability": "probabilities",
    "simplex": "probabilities of classes",
    "logits": "logits",
    "class logits": "logits of classes",
    "positive": "positive numbers",
    "margin": "margins",
    "boxes": "boxes",
    "rating": "ratings",
}


@dataclass(frozen=True)
class Refusal:
    """Why a loss cannot be measured on one family."""

    family: Family
    reason: str
    """What it raised, or what is wrong with its value."""
    reached: tuple[float, ...] = WHOLE
    """How far through its code the inputs came: the instructions at which its functions stood, the
    outermost first. Of two, the greater one came further."""
    line: str = ""
    """The line of its code that raised; empty where its value was refused."""

    def __str__(self) -> str:
        return f"{self.family.name}: {self.reason}"

    def facts(self, tried: int) -> RefusalFacts:
        """What is told of it, as the one of ``tried`` that came furthest."""
        family, batch = self.family, self.family.batches(0, 1)[0]
        of_pred = _VALUES[family.domain]
        return RefusalFacts(
            tried=tried,
            line=self.line,
            true_shape=batch.y_true.shape[1:],
            pred_shape=batch.y_pred.shape[1:],
            true_values=_TARGETS.get(family.labels, of_pred),
            pred_values=of_pred,
            parts=family.parts,
        )


def refused(family: Family, error: Exception, path: str) -> Refusal:
    """The refusal of inputs on which the code at ``path``, or beside it, raised ``error``."""
    steps = list(_steps(error, os.path.dirname(path)))
    if not steps:
        # Keras raises this for a class without a `call` of its own, before any code of it ran.
        reached = () if isinstance(error, NotImplementedError) else WHOLE
        return Refusal(family, raised(error), reached)
    line = linecache.getline(steps[-1].file, steps[-1].number).strip()
    shown = line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
    return Refusal(family, raised(error), tuple(step.place for step in steps), shown)


def furthest(refusals: Iterable[Refusal]) -> Refusal:
    """The first of those that came furthest."""
    return max(refusals, key=lambda each: each.reached)


@dataclass(frozen=True)
class _Step:
    """Where one function of the user's stood when an error passed through it."""

    file: str
    number: int
    place: int
    """Grows with the instructions that a function has behind it."""


def _steps(error: Exception, directory: str) -> Iterator[_Step]:
    """The functions in ``directory`` through which an error passed, the outermost first."""
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if os.path.dirname(file) == directory and not _generated(file):
            # Of a line of several calls the instruction says which one raised.
            yield _Step(file, trace.tb_lineno, trace.tb_lasti)
        trace = trace.tb_next
    for found in _CONVERTED.finditer(str(error)):
        file, number = found["file"], int(found["number"])
        if os.path.dirname(file) == directory:
            yield _Step(file, number, number)


def _generated(file: str) -> bool:
    """Whether AutoGraph wrote the file."""
    return os.path.basename(file).startswith("__autograph")
