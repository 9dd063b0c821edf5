"""The body of a loss evaluated on plain floats: one target and one prediction, without running it.

Reductions are over that one element. Whatever is not elementwise arithmetic has no value (``Unknown``). What
a series is compared with a step earlier (``y_pred[1:] - y_pred[:-1]``), and each channel that is taken by its
number (``y_pred[..., 1]``), is another target and prediction, on which the body is evaluated alongside.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import libcst as cst

from lossfix.losses.code.liveness import arguments, part_called
from lossfix.losses.code.loss import Loss
from lossfix.losses.operations.arithmetic import (
    BINARY,
    CHECKS,
    COMPARE,
    COMPARISON_TOKENS,
    DEFAULTS,
    FIRST,
    JOINED,
    LOSS_OBJECTS,
    LOSSES,
    OPERATORS,
    UNARY,
    tensor_operation,
)
from lossfix.losses.operations.gradients import COMPARISONS, LOGICAL, REDUCTIONS
from lossfix.losses.smoothing.elements import Element, Step, element
from lossfix.losses.subclassing.same_rank import is_rank_function
from lossfix.syntax.flow import bindings
from lossfix.syntax.tree import dotted

Value = float | bool | None | str
_OVER_ONE_ELEMENT = frozenset({"mean", "sum", "max", "min", "prod"})
"""Reductions that give back the one element that there is."""


class Unknown(Exception):
    """The body does something that has no meaning on one number."""


def _nothing(_: Loss) -> Mapping[str, Value]:
    return {}


@dataclass
class Evaluation:
    """One evaluation of the body of a loss."""

    loss: Loss
    known: dict[str, Value]
    """The values of names, by now."""
    watched: Set[cst.CSTNode] = frozenset()
    """The expressions whose values are wanted besides, be they in a part that is called,"""
    seen: dict[cst.CSTNode, tuple[Value, ...]] = field(default_factory=dict)
    """and what each of them was each time."""
    taking: frozenset[Element] = frozenset()
    """What is taken of the tensors besides the one element;"""
    others: Mapping[Element, Evaluation] = field(default_factory=dict)
    """the same for these, but within themselves,"""
    asked: set[Element] = field(default_factory=set)
    """and those of them of which anything was asked."""
    names_of: Callable[[Loss], Mapping[str, Value]] = _nothing
    """The values that names have around a part, and those of its parameters that are not handed over."""
    within: frozenset[str] = frozenset()
    """The names of the parts that are evaluated at the moment."""

    def body(self) -> float:
        """The value that the loss returns. Raises ``Unknown`` where it has none on one number."""
        result = self.block(self.loss.function.body.body)
        if isinstance(result, float | int):
            return float(result)
        raise Unknown

    def block(self, body: Sequence[cst.BaseStatement | cst.BaseSmallStatement]) -> Value:
        """The value that statements return."""
        for statement in body:
            if not isinstance(statement, cst.SimpleStatementLine):
                raise Unknown
            for part in statement.body:
                if isinstance(part, cst.Return) and part.value is not None:
                    return self.value(part.value)
                self.assign(part)
                for each in self.others.values():
                    each.assign_what_is_known(part)
        raise Unknown

    def assign_what_is_known(self, statement: cst.BaseSmallStatement) -> None:
        """The same where a value may take an element of this element: its name then has none."""
        try:
            self.assign(statement)
        except Unknown:
            for each in bindings(statement):
                self.known.pop(each.name, None)

    def assign(self, statement: cst.BaseSmallStatement) -> None:
        """Takes in what a statement binds."""
        match statement:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value):
                self.known[name] = self.value(value)
            case cst.Assign(
                targets=[cst.AssignTarget(target=cst.Tuple(elements=targets))], value=value
            ):
                self.unpack([each.value for each in targets], value)
            case cst.AnnAssign(target=cst.Name(value=name), value=cst.BaseExpression() as value):
                self.known[name] = self.value(value)
            case cst.AugAssign(target=cst.Name() as target, operator=operator, value=value):
                plain = type(operator).__name__.removesuffix("Assign")
                self.known[target.value] = self.binary(
                    getattr(cst, plain), self.number(target), self.number(value)
                )
            case (
                cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString())
                | cst.Pass()
                | cst.Import()
                | cst.ImportFrom()
                | cst.Assert()
            ):
                pass
            case _:
                raise Unknown

    def unpack(self, targets: list[cst.BaseExpression], value: cst.BaseExpression) -> None:
        """Takes in the parts of a value under several names."""
        match value:
            case cst.Tuple(elements=elements):
                parts = [each.value for each in elements]
            case cst.Call(func=cst.Name(value=name), args=args) if is_rank_function(
                self.loss, name
            ):
                parts = [each.value for each in args]
            case _:
                raise Unknown
        if len(parts) != len(targets):
            raise Unknown
        values = [self.value(each) for each in parts]
        for target, each in zip(targets, values, strict=True):
            if not isinstance(target, cst.Name):
                raise Unknown
            self.known[target.value] = each

    def value(self, node: cst.CSTNode) -> Value:
        """What an expression is; those of the ones which are watched are kept."""
        result = self._value(node)
        if node in self.watched:
            self.seen[node] = (*self.seen.get(node, ()), result)
        return result

    def number(self, node: cst.CSTNode) -> float:
        """The same, where it is a number or a truth value."""
        value = self.value(node)
        if value is None or isinstance(value, str):
            raise Unknown
        return float(value)

    def binary(self, operator: type[cst.BaseBinaryOp], left: float, right: float) -> float:
        """``left operator right`` of numbers."""
        if operator not in OPERATORS:
            raise Unknown
        result = OPERATORS[operator](left, right)
        if isinstance(result, complex):
            raise Unknown
        return result

    def operated(self, operator: type[cst.BaseBinaryOp], left: Value, right: Value) -> Value:
        """The same of values, two of which may be truth values."""
        if left is None or right is None or isinstance(left, str) or isinstance(right, str):
            raise Unknown
        result = self.binary(operator, float(left), float(right))
        both_truths = isinstance(left, bool) and isinstance(right, bool)
        return bool(result) if both_truths and operator in (cst.BitAnd, cst.BitOr) else result

    def _value(self, node: cst.CSTNode) -> Value:
        # By the very class: a body is evaluated a thousand times, and LibCST's classes are abstract ones.
        read = _VALUES.get(type(node))
        if read is None:
            raise Unknown
        return read(self, node)

    def numeral(self, node: cst.Integer | cst.Float) -> Value:
        """A number as it is written."""
        return _number(node.value)

    def text(self, node: cst.SimpleString) -> Value:
        """A string as it is written."""
        return str(node.evaluated_value)

    def unary(self, node: cst.UnaryOperation) -> Value:
        """``-x``, ``+x``, ``not x`` or ``~x``."""
        match node.operator:
            case cst.Minus():
                return -self.number(node.expression)
            case cst.Plus():
                return self.number(node.expression)
        return not self.value(node.expression)

    def arithmetic(self, node: cst.BinaryOperation) -> Value:
        """``left operator right``."""
        return self.operated(type(node.operator), self.value(node.left), self.value(node.right))

    def compared(self, node: cst.Comparison) -> Value:
        """``left < right``."""
        if len(node.comparisons) != 1:
            raise Unknown
        (target,) = node.comparisons
        token = COMPARISON_TOKENS.get(type(target.operator))
        if token is None:
            raise Unknown
        return COMPARE[token](self.number(node.left), self.number(target.comparator))

    def chosen(self, node: cst.IfExp) -> Value:
        """``body if test else orelse``."""
        return self.value(node.body if self.value(node.test) else node.orelse)

    def taken(self, node: cst.Subscript) -> Value:
        """An element of a series, this one or the one before it, or a channel."""
        found = element(node.slice, self.taking)
        run = self if found is Step.THIS else None if found is None else self.others.get(found)
        if found is None or run is None:
            raise Unknown
        self.asked.add(found)
        return run.value(node.value)

    def name(self, node: cst.CSTNode) -> Value:
        """What a name or an attribute stands for."""
        text = dotted(node)
        if text is None:
            raise Unknown
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if text in self.known:
            return self.known[text]
        operation = self.loss.operation(node)
        if operation in ("np.pi", "math.pi"):
            return math.pi
        if operation is None:
            raise Unknown
        return operation

    def call(self, node: cst.Call) -> Value:
        """What a call gives."""
        operation = self.loss.operation(node)
        values = [each.value for each in node.args]
        if any(each.star for each in node.args):
            raise Unknown
        if operation == "keras.backend.epsilon":
            return 1e-7
        if operation is not None and operation in LOSS_OBJECTS:
            return self.instance(node, LOSS_OBJECTS[operation])
        if not values:
            raise Unknown
        loss = LOSSES.get(operation or self.object_called(node.func))
        if loss is not None:
            return self.of_keras(loss, node)
        if operation is not None:
            return self.applied(tensor_operation(operation), values)
        match node.func:
            case cst.Name(value="abs"):
                return abs(self.number(values[0]))
            case cst.Name(value="float"):
                return self.number(values[0])
        part = part_called(self.loss, node)
        if part is None or part.name in self.within:
            raise Unknown
        return self.of_part(part, node)

    def of_part(self, part: Loss, node: cst.Call) -> Value:
        """What a function of the file returns."""
        handed = arguments(part, node)
        if handed is None:
            raise Unknown
        others = {each: self.on(part, run, handed) for each, run in self.others.items()}
        inside = self.on(part, self, handed, others)
        result = inside.block(part.function.body.body)
        for each, values in inside.seen.items():
            self.seen[each] = (*self.seen.get(each, ()), *values)
        self.asked |= inside.asked
        return result

    def on(
        self,
        part: Loss,
        run: Evaluation,
        handed: Mapping[str, cst.BaseExpression],
        others: Mapping[Element, Evaluation] | None = None,
    ) -> Evaluation:
        """A part on what it is handed in ``run``; what has no value there has none in the part."""
        known = dict(self.names_of(part))
        for name, value in handed.items():
            try:
                known[name] = run.value(value)
            except Unknown:
                known.pop(name, None)
        return Evaluation(
            part,
            known,
            self.watched,
            taking=self.taking,
            others=others or {},
            names_of=self.names_of,
            within=self.within | {part.name},
        )

    def instance(self, node: cst.Call, function: str) -> str:
        """An object of a loss of Keras, known by the name of the function that it computes.

        It has the default arguments, be they given: ``Huber(delta=delta)`` where that is 1.
        """
        for each in node.args:
            name = "" if each.keyword is None else each.keyword.value
            if name in ("reduction", "name"):
                continue
            if name not in DEFAULTS or self.number(each.value) != DEFAULTS[name]:
                raise Unknown
        return function

    def object_called(self, node: cst.BaseExpression) -> str:
        """What an object stands for that is called: ``mse`` of ``mse = keras.losses.MeanSquaredError()``."""
        if not isinstance(node, cst.Call) and dotted(node) not in self.known:
            return ""
        value = self.value(node)
        return value if isinstance(value, str) else ""

    def of_keras(self, loss: Callable[[float, float], float], node: cst.Call) -> float:
        """The value of a loss of Keras that is called with targets and predictions alone."""
        given = {
            str(position) if each.keyword is None else each.keyword.value: each.value
            for position, each in enumerate(node.args)
        }
        target = given.pop("y_true", None) or given.pop("0", None)
        prediction = given.pop("y_pred", None) or given.pop("1", None)
        if given or target is None or prediction is None:
            raise Unknown
        return loss(self.number(target), self.number(prediction))

    def applied(self, operation: str, values: Sequence[cst.BaseExpression]) -> Value:
        """The value of an operation on one number for each tensor."""
        if REDUCTIONS.get(operation) in _OVER_ONE_ELEMENT:
            return self.number(values[0])
        if operation in COMPARISONS:
            return COMPARE[COMPARISONS[operation]](self.number(values[0]), self.number(values[1]))
        if operation in CHECKS:
            return CHECKS[operation](self.number(values[0]))
        if operation in LOGICAL:
            return JOINED[LOGICAL[operation]]([bool(self.value(each)) for each in values])
        if operation == "tf.where":
            if len(values) != 3:
                raise Unknown
            picked, then, otherwise = (self.value(each) for each in values)
            return then if picked else otherwise
        if operation == "tf.clip_by_value":
            low, high = (self.number(each) for each in values[1:3])
            return min(max(self.number(values[0]), low), high)
        if operation in FIRST:
            return self.value(values[0])
        if operation in UNARY:
            return UNARY[operation](self.number(values[0]))
        if operation in BINARY and len(values) >= 2:
            return BINARY[operation](self.number(values[0]), self.number(values[1]))
        raise Unknown


_CONSTANTS: Mapping[str, Value] = {"True": True, "False": False, "None": None}
_VALUES: Mapping[type[cst.CSTNode], Callable[[Evaluation, Any], Value]] = {
    cst.Integer: Evaluation.numeral,
    cst.Float: Evaluation.numeral,
    cst.SimpleString: Evaluation.text,
    cst.Name: Evaluation.name,
    cst.Attribute: Evaluation.name,
    cst.UnaryOperation: Evaluation.unary,
    cst.BinaryOperation: Evaluation.arithmetic,
    cst.Comparison: Evaluation.compared,
    cst.IfExp: Evaluation.chosen,
    cst.Call: Evaluation.call,
    cst.Subscript: Evaluation.taken,
}
"""How the value of each class of expressions is read off it."""


@lru_cache(maxsize=1024)
def _number(written: str) -> float:
    return float(ast.literal_eval(written))
