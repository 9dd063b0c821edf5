"""Whether a gradient flows from a value back to the predictions, as the code tells, op by op."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import libcst as cst

from lossfix.losses.code.casts import casts_to_discrete
from lossfix.losses.code.conditions import is_of_an_inner_function
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import parameter_names
from lossfix.losses.discovery.outline import ITSELF
from lossfix.losses.operations.gradients import TYPE_DECIDES, Gradient, gradient_of
from lossfix.syntax.remembered import remembered
from lossfix.syntax.tree import children, dotted, walk

STEEPNESS = "steepness"
"""What the parameter of every smoothed gate is called, or how its name ends."""
_CHOICES = frozenset({"tf.where", "tf.cond"})
"""Operations whose first argument chooses, and passes no gradient on."""


def is_live(loss: Loss, node: cst.CSTNode, relaxed: bool = True) -> bool:
    """Whether a gradient can flow from ``node`` back to the predictions.

    Without ``relaxed``, a gate that was smoothed counts for what it was: dead. Its neighbours are
    then judged alike, whichever is smoothed first.
    """
    return _Search(loss, relaxed).reaches(node)


class _Search:
    """A walk from a value back to the predictions, through one function and the parts that it calls.

    One way is enough, so no value is followed twice: what was seen is dead, or on this way already.
    """

    def __init__(self, loss: Loss, relaxed: bool, within: frozenset[str] = frozenset()) -> None:
        self._loss = loss
        self._relaxed = relaxed
        self._within = within
        """The names of the parts that are walked through at the moment."""
        self._seen: set[str | cst.CSTNode] = set()

    def reaches(self, node: cst.CSTNode) -> bool:
        """Whether a way leads from ``node`` to the predictions."""
        if not self._loss.predicts(node):
            return False
        match node:
            case cst.Name():
                return self._through_name(node)
            case cst.Comparison() | cst.BooleanOperation():
                return False
            case cst.BinaryOperation(operator=cst.FloorDivide()):
                return False
            case cst.BinaryOperation(operator=cst.Multiply()) if is_nothing(node):
                return False
            case cst.UnaryOperation(operator=cst.Not() | cst.BitInvert()):
                return False
            case cst.Call():
                return self._through_call(node)
        return any(map(self.reaches, children(node)))

    def _through_name(self, node: cst.Name) -> bool:
        if is_of_an_inner_function(self._loss, node):
            # What it is given stands where it is called.
            return False
        if node.value in self._loss.predictions:
            current = self._loss.last_set(node)
            return current is None or (self._is_new(current) and self.reaches(current))
        if not self._is_new(node.value):
            return False
        values = self._loss.flow.values(node.value)
        return not values or any(self.reaches(each.value) for each in values)

    def _is_new(self, value: str | cst.CSTNode) -> bool:
        if value in self._seen:
            return False
        self._seen.add(value)
        return True

    def _through_call(self, node: cst.Call) -> bool:
        if isinstance(node.func, cst.Attribute) and node.func.attr.value == "numpy":
            return False
        operation = self._loss.operation(node)
        if operation is not None and _blocks(operation, node):
            return False
        if not self._relaxed and is_relaxed(node):
            return False
        if self._ends_inside(node):
            return False
        args = node.args[1:] if operation in _CHOICES else node.args
        inner = [each.value for each in args]
        if isinstance(node.func, cst.Attribute):
            inner.append(node.func.value)
        return any(map(self.reaches, inner))

    def _ends_inside(self, node: cst.Call) -> bool:
        """Whether a call is one of a part that returns nothing through which a gradient flows."""
        part = part_called(self._loss, node)
        if part is None or part.name in self._within:
            return False
        inside = _Search(part, self._relaxed, self._within | {part.name})
        return not any(map(inside.reaches, part.returned))


def _blocks(operation: str, node: cst.Call) -> bool:
    if operation.startswith(("np.", "math.")):
        return True
    if operation in TYPE_DECIDES:
        return casts_to_discrete(node)
    return gradient_of(operation) in (Gradient.NONE, Gradient.ZERO)


def is_nothing(node: cst.BinaryOperation) -> bool:
    """Whether a product has a factor of 0, and with it a gradient of zero."""
    sides = (node.left, node.right)
    return any(isinstance(x, cst.Integer | cst.Float) and x.evaluated_value == 0 for x in sides)


def is_relaxed(node: cst.Call) -> bool:
    """Whether a call is a gate that was smoothed: it takes a steepness."""
    return any(
        (dotted(each) or "").endswith(STEEPNESS)
        for argument in node.args
        for each in _factors(argument.value)
    )


def _factors(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    match node:
        case cst.BinaryOperation(left=left, right=right):
            yield from _factors(left)
            yield from _factors(right)
        case cst.UnaryOperation(expression=inner):
            yield from _factors(inner)
        case _:
            yield node


def part_called(loss: Loss, call: cst.Call) -> Loss | None:
    """The part of a loss that a call calls: a function of the file, or a method of the same instance."""
    path = loss.candidate.path
    match call.func:
        case cst.Name(value=name):
            around: tuple[tuple[str, ...], ...] = ((), path)
        case cst.Attribute(value=cst.Name(value=holder), attr=cst.Name(value=name)):
            if holder in ITSELF:
                around = (path if isinstance(loss.definition, cst.ClassDef) else path[:-1],)
            elif any(each.candidate.path == (holder, name) for each in loss.among):
                around = ((holder,),)
            else:
                return None
        case _:
            return None
    parts = [each for each in loss.among if each.only_reached and each.candidate.path[-1] == name]
    # A method of another class is meant where this one inherits it.
    near = [each for each in parts if each.candidate.path[:-1] in around]
    found = near or (parts if isinstance(call.func, cst.Attribute) else [])
    return found[0] if len(found) == 1 else None


@remembered(64)
def parts_of(loss: Loss) -> tuple[Loss, ...]:
    """The parts that a loss calls, and those that they call."""
    found: dict[Loss, None] = {}
    pending = [loss]
    while pending:
        caller = pending.pop()
        for node in walk(caller.function, cst.Call):
            part = part_called(caller, node)
            if part is not None and part not in found:
                found[part] = None
                pending.append(part)
    return tuple(found)


def arguments(part: Loss, call: cst.Call) -> Mapping[str, cst.BaseExpression] | None:
    """What a call hands a part, by the names of its parameters; ``None`` where that is not written out."""
    names = parameter_names(part.function)[1 if part.takes_instance else 0 :]
    positional = [each.value for each in call.args if each.keyword is None]
    named = {each.keyword.value: each.value for each in call.args if each.keyword is not None}
    if any(each.star for each in call.args) or len(positional) > len(names):
        return None
    found = {**dict(zip(names, positional, strict=False)), **named}
    return found if found.keys() <= set(names) else None
