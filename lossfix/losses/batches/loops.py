"""A loop over the samples of a batch, written for the whole batch.

What a loop may do is to compute, to add up (``total += x``), to count (``n += 1``) and to collect
(``rows.append(x)``). A body that is elementwise is written for the whole batch; one that is not, but
is a single expression, goes into ``tf.map_fn``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from lossfix.losses.batches.rows import Batch, Kind, Rows, Unvectorisable, Whole, sample_of, samples
from lossfix.losses.calls.inlining import substituted
from lossfix.losses.code.conditions import uses
from lossfix.losses.code.everywhere import number_everywhere
from lossfix.losses.code.liveness import is_live
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.tensors import called_builtin
from lossfix.losses.operations.gradients import REDUCTIONS
from lossfix.syntax.build import Replacement, bare, comments, expression
from lossfix.syntax.tree import names_below, walk

_STACKS = frozenset({"tf.stack", "tf.convert_to_tensor"})
_TAKES_ROWS = ("tf.reduce_", "np.mean", "np.sum", "np.max", "np.min", "tf.square", "tf.sqrt")


@dataclass(frozen=True, eq=False)
class _Step:
    """One statement of a loop's body."""

    name: str
    value: cst.BaseExpression
    does: str
    """``set``, ``add``, ``subtract``, ``count`` or ``collect``."""


def vectorised(loss: Loss, node: cst.For, rows: Rows) -> dict[cst.CSTNode, Replacement]:
    """The replacements that take a loop over the samples away.

    Raises:
        Unvectorisable: with the reason for the person whose code it is.
    """
    if node.orelse is not None:
        raise Unvectorisable("it has an `else`")
    steps = [_step(each) for each in node.body.body]
    _guard_names(loss, node, rows, steps)
    steps = _without_passing_names(steps)
    batch = _batch(loss, rows, node.body)
    lines: list[cst.SimpleStatementLine] = []
    replaced: dict[cst.CSTNode, Replacement] = {}
    for step in steps:
        if step.does == "set":
            new = batch.whole(step.value)
            batch = replace(batch, kinds={**batch.kinds, step.name: new.kind})
            lines.append(_assignment(step.name, "=", new.node))
            continue
        first, keep = _start(loss, node, step)
        if not keep:
            replaced[first] = []
        value = _result(batch, step, single=len(steps) == 1)
        token = "=" if not keep or step.does == "collect" else "+="
        if step.does == "subtract":
            token, value = ("-=", value) if keep else ("=", expression("-{x}", x=value))
        lines.append(_assignment(step.name, token, value))
        if step.does == "collect":
            replaced |= dict(_uses_of_collected(loss, node, step.name))
    if not lines:
        raise Unvectorisable("its body is empty")
    replaced[node] = _said(node, lines)
    return replaced


def vectorised_comprehension(
    loss: Loss, clause: cst.CompFor, rows: Rows
) -> dict[cst.CSTNode, Replacement]:
    """The same for ``sum(... for t, p in zip(y_true, y_pred))`` and for lists that are stacked.

    Raises:
        Unvectorisable: with the reason for the person whose code it is.
    """
    comprehension = loss.tree.parents[clause]
    if not isinstance(comprehension, cst.ListComp | cst.GeneratorExp):
        raise Unvectorisable("what it collects is no list")
    if clause.ifs or clause.inner_for_in is not None:
        raise Unvectorisable("it leaves samples out, or runs over something else too")
    batch = _batch(loss, rows, comprehension.elt)
    above = loss.tree.parents[comprehension]
    call = loss.tree.parents[above]
    if isinstance(above, cst.Assign):
        match above.targets:
            case [cst.AssignTarget(target=cst.Name(value=name))] if (
                isinstance(comprehension, cst.ListComp) and len(loss.flow.values(name)) == 1
            ):
                collected = _result(batch, _Step(name, comprehension.elt, "collect"), single=True)
                used = dict(_uses_of_collected(loss, comprehension, name))
                return {comprehension: collected, **used}
    if not isinstance(above, cst.Arg) or not isinstance(call, cst.Call) or len(call.args) != 1:
        raise Unvectorisable("what it collects is used as a list")
    operation = loss.operation(call) or ""
    if called_builtin(loss, call) == "sum" or operation == "tf.add_n":
        return {call: _result(batch, _Step("", comprehension.elt, "add"), single=True)}
    collected = _result(batch, _Step("", comprehension.elt, "collect"), single=True)
    if operation in _STACKS:
        return {call: collected}
    if operation.startswith(_TAKES_ROWS):
        return {comprehension: collected}
    raise Unvectorisable("what it collects is used as a list")


def _batch(loss: Loss, rows: Rows, body: cst.CSTNode) -> Batch:
    source = next(samples(loss, rows, body), None)
    if source is None:
        raise Unvectorisable("it picks no samples")
    return Batch(loss, rows, expression(f"{loss.spell('tf.shape')}({{x}})[0]", x=source))


def _step(statement: cst.BaseStatement | cst.BaseSmallStatement) -> _Step:
    match statement:
        case cst.SimpleStatementLine(body=[only]):
            pass
        case _:
            raise Unvectorisable("its body does more than add up or collect values")
    match only:
        case cst.AugAssign(
            target=cst.Name(value=name),
            operator=(cst.AddAssign() | cst.SubtractAssign()) as operator,
            value=value,
        ):
            if isinstance(operator, cst.SubtractAssign):
                return _Step(name, value, "subtract")
            return _Step(name, value, "count" if isinstance(value, cst.Integer) else "add")
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value):
            match value:
                case cst.BinaryOperation(
                    left=cst.Name(value=left), operator=cst.Add(), right=added
                ) if left == name and name not in names_below(added):
                    does = "count" if isinstance(added, cst.Integer) else "add"
                    return _Step(name, added, does)
            if name in names_below(value):
                raise Unvectorisable(f"`{name}` carries a value from one sample to the next")
            return _Step(name, value, "set")
        case cst.Expr(
            value=cst.Call(
                func=cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value="append")),
                args=[cst.Arg(value=value)],
            )
        ):
            return _Step(name, value, "collect")
    raise Unvectorisable("its body does more than add up or collect values")


def _guard_names(loss: Loss, node: cst.For, rows: Rows, steps: Sequence[_Step]) -> None:
    names = [each.name for each in steps]
    if len(set(names)) != len(names):
        raise Unvectorisable("a name is assigned to twice in its body")
    gathered = {each.name for each in steps if each.does != "set"}
    if any(names_below(each.value) & gathered for each in steps):
        raise Unvectorisable("it reads what it is adding up")
    local = {each.name for each in steps if each.does == "set"} | rows.tensors.keys()
    local |= {rows.index}
    local -= {loss.y_true, loss.y_pred}
    for name in sorted(local - {""}):
        if any(
            all(above is not node for above in loss.tree.ancestors(use)) for use in uses(loss, name)
        ):
            raise Unvectorisable(f"`{name}` is read outside of it too")


def _without_passing_names(steps: Sequence[_Step]) -> list[_Step]:
    """The steps without names that only hand a value on: ``x = f(t)`` and then ``rows.append(x)``."""
    left = list(steps)
    for step in steps:
        readers = [each for each in left if step.name in names_below(each.value)]
        if step.does == "set" and len(readers) == 1 and isinstance(readers[0].value, cst.Name):
            reader = readers[0]
            left[left.index(reader)] = _Step(reader.name, step.value, reader.does)
            left.remove(step)
    return left


def _start(loss: Loss, node: cst.For, step: _Step) -> tuple[cst.CSTNode, bool]:
    """The statement before the loop that gives the name its first value, and whether it has to stay."""
    before = [
        each
        for each in loss.flow.values(step.name)
        if isinstance(each.node, cst.Assign | cst.AnnAssign)
        and all(above is not node for above in loss.tree.ancestors(each.node))
    ]
    if len(before) != 1 or not before[0].whole:
        raise Unvectorisable(f"it is not clear what `{step.name}` is before it")
    line = loss.tree.parents[before[0].node]
    siblings = loss.tree.parents[node] is loss.tree.parents.get(line)
    above = loss.tree.spans[line].line < loss.tree.spans[node].line
    if not siblings or not above or not isinstance(line, cst.SimpleStatementLine):
        raise Unvectorisable(f"it is not clear what `{step.name}` is before it")
    first = before[0].value
    between = [
        use
        for use in uses(loss, step.name)
        if loss.tree.spans[use].line < loss.tree.spans[node].line
    ]
    if between or len(line.body) != 1:
        raise Unvectorisable(f"`{step.name}` is read before it")
    if step.does == "collect":
        if not isinstance(first, cst.List) or first.elements:
            raise Unvectorisable(f"`{step.name}` is not an empty list before it")
        return line, False
    return line, number_everywhere(loss, first) != 0.0 or bool(comments(line))


def _result(batch: Batch, step: _Step, single: bool) -> cst.BaseExpression:
    loss = batch.loss
    if step.does == "count":
        cast = f"{loss.spell('tf.cast')}({{n}}, {loss.y_pred}.dtype)"
        count = expression(cast, n=batch.size)
        if loss.tree.code(step.value) == "1":
            return count
        return expression("{k} * {n}", k=step.value, n=count)
    try:
        if step.does == "collect":
            return _varying(batch.whole(step.value)).node
        return _added_up(batch, step.value)
    except Unvectorisable:
        mapped = _mapped(loss, batch.rows, step.value) if single else None
        if mapped is None:
            raise
        if step.does == "collect":
            return mapped
        return expression(f"{loss.spell('tf.reduce_sum')}({{x}}, axis=0)", x=mapped)


def _varying(whole: Whole) -> Whole:
    if whole.kind is Kind.CONSTANT:
        raise Unvectorisable("what it adds up or collects is the same for all samples")
    return whole


def _added_up(batch: Batch, value: cst.BaseExpression) -> cst.BaseExpression:
    total = batch.loss.spell("tf.reduce_sum")
    if isinstance(value, cst.Call) and REDUCTIONS.get(batch.loss.operation(value) or "") == "sum":
        inner, axis = batch.reduction(value)
        if axis == "":
            return expression(f"{total}({{x}})", x=inner.node)
    whole = _varying(batch.whole(value))
    axis = "" if whole.kind is Kind.ONE else ", axis=0"
    return expression(f"{total}({{x}}{axis})", x=whole.node)


def _mapped(loss: Loss, rows: Rows, value: cst.BaseExpression) -> cst.BaseExpression | None:
    """``tf.map_fn`` over the samples; ``None`` where it would call what TensorFlow cannot trace."""
    if not is_live(loss, value):
        return None
    for node in walk(value):
        if isinstance(node, cst.Call) and not (loss.operation(node) or "").startswith("tf."):
            return None
    row = loss.fresh("row", "sample")
    tensors: dict[str, cst.BaseExpression] = {}
    for tensor in samples(loss, rows, value):
        tensors.setdefault(loss.tree.code(tensor), tensor)
    number = {code: position for position, code in enumerate(tensors)}

    def place(code: str) -> cst.BaseExpression:
        return expression(row if len(tensors) == 1 else f"{row}[{number[code]}]")

    by_name = {
        name: place(loss.tree.code(tensor))
        for name, tensor in rows.tensors.items()
        if loss.tree.code(tensor) in number
    }
    body = substituted(_without_index(loss, rows, value, place), by_name)
    if rows.index and rows.index in names_below(body):
        return None
    over: cst.BaseExpression = next(iter(tensors.values()))
    if len(tensors) > 1:
        over = cst.Tuple([cst.Element(each) for each in tensors.values()])
    signature = f"fn_output_signature={loss.y_pred}.dtype"
    template = f"{loss.spell('tf.map_fn')}(lambda {row}: {{body}}, {{over}}, {signature})"
    return expression(template, body=body, over=over)


class _ByIndex(cst.CSTTransformer):
    def __init__(self, places: Mapping[cst.CSTNode, cst.BaseExpression]) -> None:
        self.places = places

    def leave_Subscript(
        self, original_node: cst.Subscript, updated_node: cst.Subscript
    ) -> cst.BaseExpression:
        return self.places.get(original_node, updated_node)


def _without_index(
    loss: Loss, rows: Rows, value: cst.BaseExpression, place: Callable[[str], cst.BaseExpression]
) -> cst.BaseExpression:
    places: dict[cst.CSTNode, cst.BaseExpression] = {}
    for node in walk(value):
        tensor = sample_of(loss, rows, node) if isinstance(node, cst.Subscript) else None
        if tensor is not None:
            places[node] = place(loss.tree.code(tensor))
    new = value.visit(_ByIndex(places))
    assert isinstance(new, cst.BaseExpression)
    return new


def _uses_of_collected(
    loss: Loss, node: cst.CSTNode, name: str
) -> Iterator[tuple[cst.CSTNode, Replacement]]:
    """How what was a list of values is used as one tensor."""
    for use in uses(loss, name):
        if any(above is node for above in loss.tree.ancestors(use)):
            continue
        argument = loss.tree.parents[use]
        call = loss.tree.parents.get(argument)
        if not isinstance(argument, cst.Arg) or not isinstance(call, cst.Call):
            raise Unvectorisable(f"`{name}` is used as a list")
        operation = loss.operation(call) or ""
        builtin = called_builtin(loss, call)
        alone = len(call.args) == 1
        if operation in _STACKS and alone:
            yield call, use
        elif operation == "tf.add_n" or (builtin == "sum" and alone):
            total = loss.spell("tf.reduce_sum")
            yield call, expression(f"{total}({{x}}, axis=0)", x=use)
        elif builtin == "len":
            shape, cast = loss.spell("tf.shape"), loss.spell("tf.cast")
            yield call, expression(f"{cast}({shape}({{x}})[0], {loss.y_pred}.dtype)", x=use)
        elif not operation.startswith(_TAKES_ROWS):
            raise Unvectorisable(f"`{name}` is used as a list")


def _assignment(name: str, token: str, value: cst.BaseExpression) -> cst.SimpleStatementLine:
    line = cst.parse_statement(f"{name} {token} 0")
    assert isinstance(line, cst.SimpleStatementLine)
    return line.with_changes(body=[line.body[0].with_changes(value=bare(value.deep_clone()))])


def _said(node: cst.For, lines: Sequence[cst.SimpleStatementLine]) -> list[cst.SimpleStatementLine]:
    # What was said within the loop is said above of what it became.
    above = [each.comment.value for each in node.leading_lines if each.comment is not None]
    below = comments(node)[len(above) :]
    said = [cst.EmptyLine(comment=cst.Comment(text)) for text in below]
    first, *others = lines
    return [first.with_changes(leading_lines=[*node.leading_lines, *said]), *others]
