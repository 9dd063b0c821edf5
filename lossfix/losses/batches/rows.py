"""What runs over the samples of a batch one by one, and the same for the whole batch at once.

Within such a loop a tensor has no batch axis. Written for the whole batch, an expression belongs to
one of a few kinds, and only what is of the same kind may meet, as its axes would not line up else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import libcst as cst

from lossfix.losses.code.conditions import named_value
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.tensors import batch_of, called_builtin, is_array
from lossfix.losses.discovery.wording import words
from lossfix.losses.operations.gradients import ELEMENTWISE, REDUCTIONS
from lossfix.losses.operations.keras_names import LOSS_FUNCTIONS
from lossfix.syntax.build import comma, expression
from lossfix.syntax.tree import names_below, takes_all, walk


class Kind(Enum):
    """What an expression of a loop's body is for the whole batch."""

    ROW = "the samples themselves, or something elementwise in them"
    PART = "something with one axis less than the samples"
    ONE = "one value per sample"
    CONSTANT = "the same for all samples"


class Unvectorisable(Exception):
    """Why a loop cannot be written for the whole batch; the message is for the person whose code it is."""


@dataclass(frozen=True, eq=False)
class Rows:
    """How a loop or a comprehension names the samples that it runs over."""

    tensors: Mapping[str, cst.BaseExpression] = field(default_factory=dict)
    """Loop variable -> the tensor whose samples it stands for."""
    index: str = ""
    """The loop variable that counts the samples; empty where there is none."""
    fixed: bool = False
    """The number of samples is read from the static shape, or written down."""


def rows_of(loss: Loss, target: cst.CSTNode, over: cst.BaseExpression) -> Rows | None:
    """How ``for target in over`` runs over the samples of a batch; ``None`` where it does not."""
    match over:
        case cst.Call(args=args) if (
            called_builtin(loss, over) == "range" or loss.operation(over) == "tf.range"
        ):
            count = _all_of(args)
            if count is None or not isinstance(target, cst.Name):
                return None
            fixed = _counts_samples(loss, count)
            return None if fixed is None else Rows(index=target.value, fixed=fixed)
        case cst.Call(args=[cst.Arg(value=inner, star="")]) if (
            called_builtin(loss, over) == "enumerate"
        ):
            match target:
                case cst.Tuple(
                    elements=[cst.Element(value=cst.Name(value=index)), cst.Element(value=rest)]
                ):
                    rows = rows_of(loss, rest, inner)
                    return None if rows is None else Rows(rows.tensors, index)
            return None
    names = _names(target)
    tensors = _tensors(loss, over)
    if not names or len(names) != len(tensors):
        return None
    return Rows(dict(zip(names, tensors, strict=True)))


def _all_of(arguments: Sequence[cst.Arg]) -> cst.BaseExpression | None:
    """The number that a ``range`` counts up to, one by one from nothing: ``n`` of ``range(0, n, 1)``."""
    if any(each.keyword is not None or each.star for each in arguments):
        return None
    match [each.value for each in arguments]:
        case (
            [count]
            | [cst.Integer(value="0"), count]
            | [
                cst.Integer(value="0"),
                count,
                cst.Integer(value="1"),
            ]
        ):
            return count
    return None


def _names(target: cst.CSTNode) -> list[str]:
    match target:
        case cst.Name(value=name):
            return [name]
        case cst.Tuple(elements=elements):
            names = [each.value.value for each in elements if isinstance(each.value, cst.Name)]
            return names if len(names) == len(elements) else []
    return []


def _tensors(loss: Loss, over: cst.BaseExpression) -> list[cst.BaseExpression]:
    match over:
        case cst.Call(args=args) if called_builtin(loss, over) == "zip":
            values = [value for each in args for value in _tensors(loss, each.value)]
            return values if len(values) == len(args) else []
        case cst.Call(args=[cst.Arg(value=value)]) if loss.operation(over) == "tf.unstack":
            return [value] if is_array(loss, value) else []
        case cst.Name() if isinstance(parts := named_value(loss, over), cst.Call):
            if loss.operation(parts) == "tf.unstack":
                return _tensors(loss, parts)
    return [over] if is_array(loss, over) else []


def _counts_samples(loss: Loss, count: cst.BaseExpression) -> bool | None:
    """``False`` for the true number of samples, ``True`` for a fixed one, ``None`` for another number."""
    if batch_of(loss, count) is not None:
        # `len` of a symbolic tensor raises, whatever is known of it.
        return called_builtin(loss, count) != "len"
    match count:
        case cst.Subscript(
            value=cst.Call(args=[cst.Arg(value=tensor)]) as shape,
            slice=[cst.SubscriptElement(slice=cst.Index(value=cst.Integer(value="0")))],
        ) if (
            loss.operation(shape) == "tf.shape"
        ):
            return False if is_array(loss, tensor) else None
    value = named_value(loss, count)
    if value is not None:
        return _counts_samples(loss, value)
    match count:
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            return True if "batch" in words(name) and not loss.is_tensor(count) else None
    return None


@dataclass(frozen=True, eq=False)
class Whole:
    """An expression of a loop's body, written for the whole batch."""

    node: cst.BaseExpression
    kind: Kind


def reads_rows(loss: Loss, rows: Rows, node: cst.CSTNode) -> bool:
    """Whether ``node`` reads a sample, by its name or by its index."""
    names = names_below(node)
    return bool(names & rows.tensors.keys()) or any(
        sample_of(loss, rows, each) is not None for each in walk(node)
    )


def sample_of(loss: Loss, rows: Rows, node: cst.CSTNode) -> cst.BaseExpression | None:
    """The tensor of which ``node`` is one sample: ``y_pred`` of ``y_pred[i]``, or of ``y_pred[i, ...]``."""
    match node:
        case cst.Name(value=name):
            return rows.tensors.get(name)
        case cst.Subscript(
            value=tensor,
            slice=[cst.SubscriptElement(slice=cst.Index(value=cst.Name(value=index))), *rest],
        ) if (rows.index and index == rows.index and is_array(loss, tensor)) and all(
            takes_all(each.slice) for each in rest
        ):
            return tensor
    return None


def samples(loss: Loss, rows: Rows, node: cst.CSTNode) -> Iterator[cst.BaseExpression]:
    """All tensors of which ``node`` reads a sample, in document order."""
    for each in walk(node):
        tensor = sample_of(loss, rows, each)
        if tensor is not None:
            yield tensor


@dataclass(frozen=True, eq=False)
class Batch:
    """Writes expressions of one loop's body for the whole batch."""

    loss: Loss
    rows: Rows
    size: cst.BaseExpression
    """The number of samples, an integer tensor."""
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    """The kind of each name that the body has assigned so far."""

    def whole(self, node: cst.BaseExpression) -> Whole:
        """``node`` for the whole batch.

        Raises:
            Unvectorisable: where its axes cannot be known to line up.
        """
        tensor = sample_of(self.loss, self.rows, node)
        if tensor is not None:
            return Whole(tensor, Kind.ROW)
        match node:
            case cst.Name(value=name) if name in self.kinds:
                return Whole(node, self.kinds[name])
            case cst.Name(value=name) if name == self.rows.index:
                raise Unvectorisable(f"`{name}` is used for more than to pick a sample")
            case cst.BaseNumber():
                return Whole(node, Kind.CONSTANT)
            case cst.Name() | cst.Attribute() if not self.loss.is_tensor(node):
                return Whole(node, Kind.CONSTANT)
            case cst.UnaryOperation(operator=cst.Minus() | cst.BitInvert(), expression=inner):
                part = self.whole(inner)
                return Whole(node.with_changes(expression=part.node), part.kind)
            case cst.BinaryOperation(left=left, operator=operator, right=right) if not isinstance(
                operator, cst.MatrixMultiply
            ):
                parts = self.whole(left), self.whole(right)
                new = node.with_changes(left=parts[0].node, right=parts[1].node)
                return Whole(new, _joined(*parts))
            case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget() as target]):
                parts = self.whole(left), self.whole(target.comparator)
                second = target.with_changes(comparator=parts[1].node)
                new_ = node.with_changes(left=parts[0].node, comparisons=[second])
                return Whole(new_, _joined(*parts))
            case cst.Subscript():
                return self._subscript(node)
            case cst.Call():
                return self._call(node)
        raise Unvectorisable(f"`{self.loss.tree.code(node)}` has no counterpart for a whole batch")

    def _subscript(self, node: cst.Subscript) -> Whole:
        match node.slice:
            case [
                cst.SubscriptElement(slice=cst.Index(value=cst.Name(value=index))),
                *rest,
            ] if (
                rest and index == self.rows.index and is_array(self.loss, node.value)
            ):
                tensor = node.value
            case rest:
                part = self.whole(node.value)
                if part.kind is not Kind.ROW:
                    raise Unvectorisable(f"`{self.loss.tree.code(node)}` picks from a single value")
                tensor = part.node
        items = [each.slice for each in rest]
        if any(isinstance(each, cst.Index) and _is_ellipsis(each.value) for each in items):
            raise Unvectorisable(
                f"`{self.loss.tree.code(node)}` picks from axes that are not known"
            )
        picks = sum(isinstance(each, cst.Index) for each in items)
        if picks > 1 or any(self.loss.is_tensor(each) for each in items):
            raise Unvectorisable(
                f"`{self.loss.tree.code(node)}` picks from axes that are not known"
            )
        everything = cst.SubscriptElement(cst.Slice(lower=None, upper=None))
        if rest:
            everything = everything.with_changes(comma=comma())
        new = cst.Subscript(tensor, [everything, *rest])
        return Whole(new, Kind.PART if picks else Kind.ROW)

    def _call(self, node: cst.Call) -> Whole:
        operation = self.loss.operation(node)
        if called_builtin(self.loss, node) == "abs":
            operation = "tf.abs"
        if operation in REDUCTIONS:
            return self._reduced(node)
        if any(each.star for each in node.args):
            raise Unvectorisable("it unpacks its arguments")
        if operation in ELEMENTWISE or operation in LOSS_FUNCTIONS:
            parts = [
                (
                    Whole(each.value, Kind.CONSTANT)
                    if each.keyword is not None or not self._moves(each.value)
                    else self.whole(each.value)
                )
                for each in node.args
            ]
            kind = _joined(*parts)
            arguments = [
                each.with_changes(value=part.node)
                for each, part in zip(node.args, parts, strict=True)
            ]
            if operation in LOSS_FUNCTIONS:
                if kind is not Kind.ROW or any(part.kind is Kind.CONSTANT for part in parts[:2]):
                    raise Unvectorisable(
                        f"`{self.loss.tree.code(node)}` reduces an axis that is not known"
                    )
                kind = Kind.PART
            return Whole(node.with_changes(args=arguments), kind)
        raise Unvectorisable(f"`{self.loss.tree.code(node.func)}` is not known to be elementwise")

    def _moves(self, node: cst.BaseExpression) -> bool:
        names = names_below(node) & self.kinds.keys()
        return bool(names) or reads_rows(self.loss, self.rows, node)

    def _reduced(self, node: cst.Call) -> Whole:
        inner, axis = self.reduction(node)
        if axis == "":
            flat = expression(
                f"{self.loss.spell('tf.reshape')}({{x}}, [{{n}}, -1])", x=inner.node, n=self.size
            )
            new = expression("{f}({x}, axis=-1)", f=node.func, x=flat)
            return Whole(new, Kind.ONE)
        new = expression(f"{{f}}({{x}}, axis={axis})", f=node.func, x=inner.node)
        return Whole(new, Kind.PART)

    def reduction(self, node: cst.Call) -> tuple[Whole, str]:
        """What a reduction within a sample reduces, and the axis of the batch that it is over; all: ""."""
        match node.args:
            case [cst.Arg(value=value, keyword=None, star="")]:
                axis = ""
            case [
                cst.Arg(value=value, keyword=None, star=""),
                cst.Arg(value=given, keyword=None | cst.Name(value="axis"), star=""),
            ]:
                axis = {"-1": "-1", "0": "1"}.get(self.loss.tree.code(given), "?")
            case _:
                axis = "?"
        inner = self.whole(value) if axis != "?" else Whole(node, Kind.CONSTANT)
        if inner.kind not in (Kind.ROW, Kind.PART) or (axis and inner.kind is not Kind.ROW):
            raise Unvectorisable(
                f"`{self.loss.tree.code(node)}` reduces axes that cannot be told from the batch's"
            )
        return inner, axis


def _is_ellipsis(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Ellipsis)


def _joined(*parts: Whole) -> Kind:
    kinds = {each.kind for each in parts} - {Kind.CONSTANT}
    if len(kinds) > 1:
        raise Unvectorisable("it mixes samples with single values, whose axes would not line up")
    kind = kinds.pop() if kinds else Kind.CONSTANT
    if kind in (Kind.ONE, Kind.PART) and any(
        each.kind is Kind.CONSTANT and not _is_number(each.node) for each in parts
    ):
        raise Unvectorisable("a constant that it uses may have axes of its own")
    return kind


def _is_number(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.UnaryOperation):
        return _is_number(node.expression)
    return isinstance(node, cst.BaseNumber)
