"""Where a loss jumps, worked out without running it: its body evaluated on one target and one prediction.

The scanner never runs user code, and still must not mistake a Huber loss for a hard gate. So the
arithmetic of a body is evaluated on plain floats (``evaluation.py``); the point at which a gate flips is
found by bisection, and the loss is compared on both sides. Where that has no answer, none is reported.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise

import libcst as cst

from lossfix.losses.code.conditions import named_value
from lossfix.losses.code.liveness import parts_of
from lossfix.losses.code.loss import Loss
from lossfix.losses.smoothing.attributes import attributes
from lossfix.losses.smoothing.elements import Channels, Element, Step, elements
from lossfix.losses.smoothing.evaluation import Evaluation, Unknown, Value
from lossfix.losses.smoothing.gates import gates
from lossfix.model import Form
from lossfix.syntax.remembered import remembered
from lossfix.syntax.tree import Tree, dotted, walk

_DRAWS = 6
_FAR = [n * step for step in (10.0, 100.0, 1000.0, 10000.0) for n in range(-12, 13)]
_GRID = tuple(sorted([n / 40 for n in range(-120, 121)] + _FAR))
_COARSE = tuple(sorted([n / 8 for n in range(-24, 25)] + [-100.0, -10.0, 10.0, 100.0]))
"""Of a loss that is evaluated on several elements at each point, and with each of them moving."""
_BESIDE = 1e-9
_CONTINUOUS = 1e-5
"""Both sides of a gate agree to this share of the loss: 24 bits of float32 lose as much."""


@dataclass(frozen=True)
class Jump:
    """How the loss behaves where a gate flips."""

    at: float
    """The prediction at which it flips."""
    size: float
    """The difference of the loss between both sides, in units of the loss."""
    relative: str = ""
    """What it goes by where it flips besides one number: a ``step`` of a series, or a ``channel``."""

    @property
    def continuous(self) -> bool:
        """Whether there is no jump at all: a kink, as in a Huber loss."""
        return self.size == 0.0


@remembered(4)
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
    run = Evaluation(loss, known)
    for name, default in _constants(loss):
        try:
            known[name] = run.value(default) if default else random_.uniform(0.1, 0.9)
        except (Unknown, ArithmeticError, ValueError):
            known.setdefault(name, random_.uniform(0.1, 0.9))
    return {**known, **attributes(loss, known, random_)}


def number_of(loss: Loss, node: cst.BaseExpression) -> float | None:
    """The number that an expression is, be it by the default of a parameter; ``None`` where none is known."""
    if loss.is_tensor(node):
        return None
    found: set[float] = set()
    for draw in range(2):
        try:
            run = Evaluation(loss, _environment(loss, random.Random(draw)))
            found.add(run.number(named_value(loss, node) or node))
        except (Unknown, ArithmeticError, ValueError):
            return None
    return found.pop() if len(found) == 1 else None


@remembered(64)
def jump_at(loss: Loss, condition: cst.CSTNode) -> Jump | None:
    """What the loss does where ``condition`` flips along the predictions, or the step that it is takes
    another value; the largest jump found.

    ``None`` where the body is no elementwise arithmetic, or the condition never flips on the
    predictions tried (between -3 and 3 densely, to 120,000 sparsely).
    """
    found = _found(loss, condition)
    if not found:
        return None
    jump = max(found, key=lambda each: each.size)
    if jump.continuous:
        return jump
    if not _asks_for_what_is_drawn(loss, condition):
        return jump
    # `where(e < delta, 0.5 * e * e, e - 0.5)` fits a delta of one, and nobody says that it is another.
    usual = _found(loss, condition, usual=True)
    if usual and all(each.continuous for each in usual):
        return usual[0]
    return jump


class _Usual(random.Random):
    """Draws nothing but ones."""

    def uniform(self, a: float, b: float) -> float:
        return 1.0


def _asks_for_what_is_drawn(loss: Loss, condition: cst.CSTNode) -> bool:
    """Whether a condition asks for a parameter without a default, of the loss or of one of its parts."""
    asked = _asked_in(condition)
    for each in (loss, *parts_of(loss)):
        drawn, ones = _environment(each, random.Random(0)), _environment(each, _Usual())
        # What is moved is no bound.
        names = asked - {loss.y_true, loss.y_pred} if each is loss else asked
        if any(name and drawn.get(name) != ones.get(name) for name in names):
            return True
    return False


def _asked_in(condition: cst.CSTNode) -> set[str | None]:
    return {dotted(node) for node in walk(condition)}


def _with_usual_bounds(
    condition: cst.CSTNode, loss: Loss, random_: random.Random
) -> dict[str, Value]:
    """Where a condition asks for a parameter without a default, that is one."""
    asked = _asked_in(condition)
    ones = _environment(loss, _Usual())
    drawn = _environment(loss, random_)
    return {**drawn, **{name: value for name, value in ones.items() if name in asked}}


def _found(loss: Loss, condition: cst.CSTNode, usual: bool = False) -> list[Jump] | None:
    """The jumps of some draws; ``None`` where the body has no value on one number.

    Args:
        usual: parameters without a default that the condition asks for are one.
    """
    together = _conditions(loss)
    watched = together if condition in together and not usual else frozenset({condition})
    lines = _lines(loss, watched, condition if usual else None)
    try:
        return None if lines is None else [each for line in lines for each in line.jumps(condition)]
    except Unknown:
        return None


@remembered(64)
def _conditions(loss: Loss) -> frozenset[cst.CSTNode]:
    """Those of all gates of a loss and its parts: they are watched together."""
    return frozenset(gate.condition for each in (loss, *parts_of(loss)) for gate in gates(each))


@remembered(4)
def _lines(
    loss: Loss, watched: frozenset[cst.CSTNode], usual_of: cst.CSTNode | None
) -> tuple[_Line, ...] | None:
    """The same loss with a prediction that moves, for some draws of all else; ``None`` as above."""
    environment_of = partial(_with_usual_bounds, usual_of) if usual_of else _environment
    lines: list[_Line] = []
    for draw in range(_DRAWS):
        random_ = random.Random(draw)
        around = _by_function(environment_of, random_)
        environment = around(loss)
        targets = (float(draw % 2), random_.uniform(-1, 1), random_.uniform(0, 1))
        drawn = random.Random(~draw)
        others = {
            each: {name: drawn.uniform(-1, 1) for name in (loss.y_true, loss.y_pred)}
            for each in _elements(loss)
        }
        own = {loss.y_true: targets[draw % 3], loss.y_pred: drawn.uniform(-1, 1)}
        point = _Point(loss, watched, environment, own, others, around)
        try:
            for moving in (None, *(each for each in others if isinstance(each, Channels))):
                lines.append(_line(point, moving))
        except Unknown:
            return None
    return tuple(lines)


def _by_function(
    environment_of: Callable[[Loss, random.Random], dict[str, Value]], random_: random.Random
) -> Callable[[Loss], dict[str, Value]]:
    @cache
    def around(part: Loss) -> dict[str, Value]:
        return environment_of(part, random_)

    return around


@remembered(64)
def _elements(loss: Loss) -> list[Element]:
    """What a loss and its parts take of its tensors, in an order that is always the same."""
    found = elements([each.function for each in (loss, *parts_of(loss))])
    return sorted(found, key=lambda each: each.first if isinstance(each, Channels) else 0)


@dataclass(frozen=True, eq=False)
class _Point:
    """Where a loss is evaluated: everything but the prediction that moves."""

    loss: Loss
    watched: frozenset[cst.CSTNode]
    environment: Mapping[str, Value]
    own: Mapping[str, Value]
    """The target and the prediction of the element that stands for all,"""
    others: Mapping[Element, Mapping[str, Value]]
    """and those of others."""
    around: Callable[[Loss], Mapping[str, Value]]

    def at(self, prediction: float, moving: Element | None) -> tuple[float, Evaluation]:
        """The value of the loss, and its evaluation, with the prediction of one element at a number.

        Args:
            moving: the element; ``None`` for the one that stands for all.
        """
        loss, taking = self.loss, frozenset(self.others)

        def run(element: Element | None, pair: Mapping[str, Value]) -> Evaluation:
            moved = {loss.y_pred: prediction} if element == moving else {}
            known = {**self.environment, **pair, **moved}
            return Evaluation(loss, known, self.watched, taking=taking, names_of=self.around)

        own = run(None, self.own)
        own.others = {each: run(each, pair) for each, pair in self.others.items()}
        try:
            return own.body(), own
        except (ArithmeticError, ValueError):
            return math.nan, own


@dataclass(frozen=True, eq=False)
class _Line:
    """A loss along one prediction, and what its conditions were at some places there."""

    point: _Point
    moving: Element | None
    relative: str
    """As in ``Jump``."""
    seen: tuple[tuple[float, Mapping[cst.CSTNode, tuple[Value, ...]]], ...]

    def jumps(self, condition: cst.CSTNode) -> Iterator[Jump]:
        """How the loss behaves where ``condition`` flips; raises ``Unknown`` where it has no value."""
        for (low, before), (high, after) in pairwise(self.seen):
            previous, seen = before.get(condition, ()), after.get(condition, ())
            # A condition is true or false, and what is rounded is a number.
            flips = all(isinstance(each, bool | float) for each in (*seen, *previous))
            if not flips or seen == previous:
                continue
            left, right = low, high
            for _ in range(60):
                middle = (left + right) / 2
                if self._at(middle, condition)[1] == previous:
                    left = middle
                else:
                    right = middle
            below = self._beside(left, -_BESIDE, condition)
            above = self._beside(right, _BESIDE, condition)
            if math.isfinite(below) and math.isfinite(above):
                size = abs(above - below)
                scale = max(abs(above), abs(below), 1e-3)
                size = 0.0 if size <= _CONTINUOUS * scale else size
                yield Jump(right, size, self.relative)

    def _at(self, prediction: float, condition: cst.CSTNode) -> tuple[float, tuple[Value, ...]]:
        value, run = self.point.at(prediction, self.moving)
        return value, run.seen.get(condition, ())

    def _beside(self, place: float, step: float, condition: cst.CSTNode) -> float:
        """The value on one side; a place between both, as where a sign is 0, belongs to neither."""
        value, seen = self._at(place, condition)
        next_value, next_seen = self._at(place + step, condition)
        return value if seen == next_seen else next_value


def _line(point: _Point, moving: Element | None) -> _Line:
    places = _GRID if not any(isinstance(each, Channels) for each in point.others) else _COARSE
    runs = [(place, point.at(place, moving)[1]) for place in places]
    by_steps = any(Step.BEFORE in run.asked for _, run in runs)
    relative = "channel" if moving is not None else "step" if by_steps else ""
    return _Line(point, moving, relative, tuple((place, run.seen) for place, run in runs))
