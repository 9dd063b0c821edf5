"""Where a loss jumps, worked out without running it: its body evaluated on one target and one prediction.

The scanner never runs user code, and still must not mistake a Huber loss for a hard gate. So the
arithmetic of a body is evaluated on plain floats (``evaluation.py``); the point at which a gate flips is
found by bisection, and the loss is compared on both sides. Where that has no answer, none is reported.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.smoothing.attributes import attributes
from lossfix.losses.smoothing.evaluation import Evaluation, Unknown, Value, has_series
from lossfix.model import Form
from lossfix.syntax.tree import Tree, dotted, walk

_DRAWS = 6
_GRID = tuple(
    [n / 40 for n in range(-120, 121)]
    + [n * step for step in (10.0, 100.0, 1000.0, 10000.0) for n in range(-12, 13)]
)
_CONTINUOUS = 1e-5
"""Both sides of a gate agree to this share of the loss: 24 bits of float32 lose as much."""


@dataclass(frozen=True)
class Jump:
    """How the loss behaves where a gate flips."""

    at: float
    """The prediction at which it flips."""
    size: float
    """The difference of the loss between both sides, in units of the loss."""
    relative: bool = False
    """Where it flips goes by the element of the series that comes before."""

    @property
    def continuous(self) -> bool:
        """Whether there is no jump at all: a kink, as in a Huber loss."""
        return self.size == 0.0


@lru_cache(maxsize=4)
def _of_the_module(tree: Tree) -> tuple[tuple[str, cst.BaseExpression], ...]:
    # Asked by each loss of a file, for each of its gates.
    return tuple(_assigned(tree))


def _assigned(tree: Tree) -> Iterator[tuple[str, cst.BaseExpression]]:
    for statement in tree.module.body:
        match statement:
            case cst.SimpleStatementLine(
                body=[
                    cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value)
                ]
            ):
                yield name, value


def _constants(loss: Loss) -> Iterator[tuple[str, cst.BaseExpression | None]]:
    yield from _of_the_module(loss.tree)
    functions = [(each, "") for each in _around(loss)] + [(loss.function, "")]
    if loss.form is Form.SUBCLASS and isinstance(loss.definition, cst.ClassDef):
        functions += [
            (each, "self.")
            for each in loss.definition.body.body
            if isinstance(each, cst.FunctionDef) and each.name.value == "__init__"
        ]
    for function, prefix in functions:
        for parameter in (*function.params.params, *function.params.kwonly_params):
            yield prefix + parameter.name.value, parameter.default


def _around(loss: Loss) -> list[cst.FunctionDef]:
    """The functions whose parameters a loss sees, the outermost first."""
    above = loss.tree.ancestors(loss.function)
    return [each for each in above if isinstance(each, cst.FunctionDef)][::-1]


def _environment(loss: Loss, random_: random.Random) -> dict[str, Value]:
    known: dict[str, Value] = {}
    run = Evaluation(loss, known, loss.function)
    for name, default in _constants(loss):
        try:
            known[name] = run.value(default) if default else random_.uniform(0.1, 0.9)
        except (Unknown, ArithmeticError, ValueError):
            known.setdefault(name, random_.uniform(0.1, 0.9))
    return {**known, **attributes(loss, known, random_)}


@lru_cache(maxsize=64)
def jump_at(loss: Loss, condition: cst.CSTNode) -> Jump | None:
    """What the loss does where ``condition`` flips along the predictions, or the step that it is takes
    another value; the largest jump found.

    ``None`` where the body is no elementwise arithmetic, or the condition never flips on the
    predictions tried (between -3 and 3 densely, to 120,000 sparsely).
    """
    found = _found(loss, condition, _environment)
    if not found:
        return None
    jump = max(found, key=lambda each: each.size)
    if jump.continuous:
        return jump
    # `where(e < delta, 0.5 * e * e, e - 0.5)` fits a delta of one, and nobody says that it is another.
    usual = _found(loss, condition, partial(_with_usual_bounds, condition))
    if usual and all(each.continuous for each in usual):
        return usual[0]
    return jump


class _Usual(random.Random):
    """Draws nothing but ones."""

    def uniform(self, a: float, b: float) -> float:
        return 1.0


def _with_usual_bounds(
    condition: cst.CSTNode, loss: Loss, random_: random.Random
) -> dict[str, Value]:
    """Where a condition asks for a parameter without a default, that is one."""
    asked = {dotted(node) for node in walk(condition)}
    ones = _environment(loss, _Usual())
    drawn = _environment(loss, random_)
    return {**drawn, **{name: value for name, value in ones.items() if name in asked}}


def _found(
    loss: Loss,
    condition: cst.CSTNode,
    environment_of: Callable[[Loss, random.Random], dict[str, Value]],
) -> list[Jump] | None:
    """The jumps of some draws; ``None`` where the body has no value on one number."""
    found: list[Jump] = []
    for draw in range(_DRAWS):
        random_ = random.Random(draw)
        environment = environment_of(loss, random_)
        earlier = random.Random(~draw)
        before = {name: earlier.uniform(-1, 1) for name in (loss.y_true, loss.y_pred)}
        targets = (float(draw % 2), random_.uniform(-1, 1), random_.uniform(0, 1))
        target = targets[draw % 3]
        try:
            found += _jumps(loss, condition, environment, target, before)
        except Unknown:
            return None
    return found


def _jumps(
    loss: Loss,
    condition: cst.CSTNode,
    environment: dict[str, Value],
    target: float,
    before: dict[str, float],
) -> Iterator[Jump]:
    relative = False
    series = has_series(loss)

    def at(prediction: float) -> tuple[float, Value]:
        nonlocal relative
        pair = {loss.y_true: target, loss.y_pred: prediction}
        earlier = Evaluation(loss, {**environment, **before}, condition) if series else None
        run = Evaluation(loss, {**environment, **pair}, condition, earlier=earlier)
        try:
            value = run.body()
        except (ArithmeticError, ValueError):
            value = math.nan
        relative |= run.relative
        return value, run.seen

    points = sorted(_GRID)
    previous = at(points[0])[1]
    for low, high in pairwise(points):
        seen = at(high)[1]
        # A condition is true or false, and what is rounded is a number.
        flips = isinstance(seen, bool | float) and isinstance(previous, bool | float)
        if flips and seen != previous:
            left, right = low, high
            for _ in range(60):
                middle = (left + right) / 2
                if at(middle)[1] == previous:
                    left = middle
                else:
                    right = middle
            below, above = at(left)[0], at(right)[0]
            if math.isfinite(below) and math.isfinite(above):
                size = abs(above - below)
                scale = max(abs(above), abs(below), 1e-3)
                size = 0.0 if size <= _CONTINUOUS * scale else size
                yield Jump(right, size, relative)
        previous = seen
