"""Both branches of a plain ``if`` as one choice: ``tf.where`` where both are finite, else ``tf.cond``.

Only branches that compute are merged: assignments to names and ``return``. A name that nothing
outside of the ``if`` reads is computed before the choice; every other one is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import libcst as cst

from lossfix.losses.calls.inlining import substituted
from lossfix.losses.code import truth
from lossfix.losses.code.conditions import uses
from lossfix.losses.code.everywhere import number_everywhere
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import default_of, number, parameter_names
from lossfix.losses.code.tensors import is_single
from lossfix.syntax.blocks import inner_statements
from lossfix.syntax.build import Replacement, comments, expression
from lossfix.syntax.tree import names_below, walk

_OPERATORS: Mapping[type[cst.BaseAugOp], str] = {
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.DivideAssign: "/",
}
_NEUTRAL = {"+": "0.0", "-": "0.0", "*": "1.0", "/": "1.0"}
_UNBOUNDED = frozenset(
    {
        "tf.acos",
        "tf.acosh",
        "tf.asin",
        "tf.atanh",
        "tf.divide",
        "tf.exp",
        "tf.linalg.inv",
        "tf.linalg.logdet",
        "tf.math.log",
        "tf.math.log1p",
        "tf.math.reciprocal",
        "tf.math.reduce_std",
        "tf.math.rsqrt",
        "tf.norm",
        "tf.pow",
        "tf.sqrt",
        "tf.truediv",
    }
)
"""Operations whose value or slope is not finite everywhere: in a branch that is not taken, their NaN
would still reach the gradient through ``tf.where``."""


class Unmergeable(Exception):
    """The branches do more than compute."""


@dataclass(frozen=True)
class _Value:
    operator: str
    """Of ``total += x``; empty for a plain assignment."""
    value: cst.BaseExpression


@dataclass(frozen=True)
class _Branch:
    before: tuple[cst.SimpleStatementLine, ...] = ()
    values: Mapping[str, _Value] = field(default_factory=dict)
    returned: cst.BaseExpression | None = None

    @property
    def own(self) -> frozenset[str]:
        """The names that are computed before the choice."""
        return frozenset(_assigned(each) for each in self.before)


def chosen(
    loss: Loss, condition: cst.BaseExpression, then: cst.BaseExpression, other: cst.BaseExpression
) -> cst.BaseExpression:
    """``then`` where ``condition`` holds, else ``other``.

    Raises:
        Unmergeable: where that would give another value or gradient than the branch that is taken.
    """
    if not all(_is_numeric(loss, each) for each in (then, other)):
        raise Unmergeable
    single = is_single(loss, condition)
    risky = any(_may_be_infinite(loss, each) for each in (then, other))
    if not single and (risky or any(_is_reduced(loss, each) for each in (then, other))):
        raise Unmergeable
    if single and risky and isinstance(condition, cst.BooleanOperation):
        raise Unmergeable
    template = "{where}({c}, lambda: {a}, lambda: {b})" if risky else "{where}({c}, {a}, {b})"
    where = loss.spell("tf.cond" if risky else "tf.where")
    return expression(
        template.replace("{where}", where),
        c=truth.condition(loss, condition),
        a=_floating(loss, then),
        b=_floating(loss, other),
    )


def _is_numeric(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether ``node`` may be a tensor or a number: no text, no list, no function."""
    match node:
        case cst.BaseNumber() | cst.Subscript() | cst.Call() | cst.IfExp():
            return True
        case cst.UnaryOperation(expression=inner):
            return _is_numeric(loss, inner)
        case cst.BinaryOperation(left=left, right=right):
            return _is_numeric(loss, left) and _is_numeric(loss, right)
        case cst.Name(value=name):
            defined = any(path[-1] == name for path, _ in loss.tree.definitions)
            known = name in ("True", "False", "None") or loss.qualified(node) is not None
            return not defined and not known
        case cst.Attribute():
            return loss.qualified(node) is None
    return False


def _floating(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression:
    # `tf.where(c, 1, x)` takes its dtype from the 1, and a parameter may be given as an integer.
    value = number_everywhere(loss, node)
    if value is not None and not isinstance(node, cst.Call):
        return cst.parse_expression(number(value))
    if loss.is_tensor(node) or value is not None:
        return node
    name = node.value if isinstance(node, cst.Name) else ""
    values = loss.flow.values(name)
    first = values[0].value if values else default_of(loss.factory or loss.function, name)
    if isinstance(first, cst.Float):
        return node
    return expression(f"{loss.spell('tf.cast')}({{x}}, {loss.y_pred}.dtype)", x=node)


def _is_reduced(loss: Loss, node: cst.BaseExpression) -> bool:
    return loss.is_tensor(node) and is_single(loss, node)


def _may_be_infinite(loss: Loss, node: cst.BaseExpression) -> bool:
    for each in walk(node):
        match each:
            case cst.BinaryOperation(operator=cst.Divide() | cst.FloorDivide() | cst.Modulo()):
                if loss.is_tensor(each.right):
                    return True
            case cst.BinaryOperation(operator=cst.Power(), right=exponent):
                if not isinstance(exponent, cst.Integer) and loss.is_tensor(each):
                    return True
            case cst.Call() if loss.is_tensor(each):
                operation = loss.operation(each)
                if operation is None or operation in _UNBOUNDED:
                    return True
    return False


def merged_if(loss: Loss, node: cst.If) -> dict[cst.CSTNode, Replacement]:
    """The replacements that turn a plain ``if`` on a tensor into choices.

    Raises:
        Unmergeable: where a branch does more than compute, or where a choice would not be the same.
    """
    branch = _merged(loss, node)
    if branch.returned is None:
        lines = [*branch.before, *(_line(name, each) for name, each in branch.values.items())]
        return {node: _with_comments(node, lines)}
    if branch.values or any(
        isinstance(above, cst.For | cst.While) for above in loss.tree.ancestors(node)
    ):
        raise Unmergeable
    if _always_returns(node):
        last = cst.SimpleStatementLine([cst.Return(branch.returned)])
        return {node: _with_comments(node, [*branch.before, last])}
    return _merged_with_rest(loss, node, branch)


def _merged(loss: Loss, node: cst.If) -> _Branch:
    then = _branch(loss, node, node.body)
    match node.orelse:
        case None:
            other = _Branch()
        case cst.If() as chained:
            other = _merged(loss, chained)
        case cst.Else(body=body):
            other = _branch(loss, node, body)
    for name in sorted(then.own & other.own):
        then, other = _inlined(then, name), _inlined(other, name)
    if then.values.keys() & other.own or other.values.keys() & then.own:
        raise Unmergeable
    values: dict[str, _Value] = {}
    for name in dict.fromkeys((*then.values, *other.values)):
        pair = then.values.get(name), other.values.get(name)
        values[name] = _chosen_value(loss, node, name, *pair)
    if len(values) > 1 and any(
        names_below(each.value) & values.keys() - {name} for name, each in values.items()
    ):
        # `a = b; b = a` would have to be chosen at once.
        raise Unmergeable
    if names_below(node.test) & values.keys() and len(values) > 1:
        raise Unmergeable
    before = (*then.before, *other.before)
    if then.returned is None and other.returned is None:
        return _Branch(before, values)
    if then.returned is not None and other.returned is not None:
        returned = chosen(loss, node.test, then.returned, other.returned)
        return _Branch(before, values, returned)
    if then.returned is None or node.orelse is not None:
        raise Unmergeable
    return _Branch(before, values, then.returned)


def _inlined(branch: _Branch, name: str) -> _Branch:
    """``branch`` without its own ``name``, which the other branch has too."""
    kept = [each for each in branch.before if _assigned(each) != name]
    (own,) = (each for each in branch.before if _assigned(each) == name)
    value = own.body[0]
    assert isinstance(value, cst.Assign)
    results = [each.value for each in branch.values.values()]
    results += [] if branch.returned is None else [branch.returned]
    reads = sum(
        isinstance(node, cst.Name) and node.value == name
        for result in results
        for node in walk(result)
    )
    if reads > 1 or comments(own) or any(name in names_below(each) for each in kept):
        raise Unmergeable
    new = {name: value.value}
    values = {
        key: replace(each, value=substituted(each.value, new))
        for key, each in branch.values.items()
    }
    returned = None if branch.returned is None else substituted(branch.returned, new)
    return _Branch(tuple(kept), values, returned)


def _branch(loss: Loss, node: cst.If, body: cst.BaseSuite) -> _Branch:
    branch = _Branch()
    for statement in body.body:
        if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
            raise Unmergeable
        if branch.returned is not None:
            raise Unmergeable
        branch = _with_statement(loss, node, branch, statement)
    return branch


def _with_statement(
    loss: Loss, node: cst.If, branch: _Branch, statement: cst.SimpleStatementLine
) -> _Branch:
    match statement.body[0]:
        case cst.Pass() | cst.Expr(value=cst.SimpleString()):
            return branch
        case cst.Return(value=cst.BaseExpression() as value):
            if names_below(value) & branch.values.keys():
                raise Unmergeable
            return replace(branch, returned=value)
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value
        ) if not names_below(value) & (branch.values.keys() - {name}):
            if not _is_read_outside(loss, node, name) and name not in branch.own:
                if _may_be_infinite(loss, value) or not _is_numeric(loss, value):
                    raise Unmergeable
                return replace(branch, before=(*branch.before, statement))
            new = _Value("", value)
        case cst.AugAssign(target=cst.Name(value=name), operator=operator, value=value) if (
            not names_below(value) & branch.values.keys()
        ):
            if type(operator) not in _OPERATORS:
                raise Unmergeable
            new = _Value(_OPERATORS[type(operator)], value)
        case _:
            raise Unmergeable
    if name in branch.values or name in branch.own:
        raise Unmergeable
    return replace(branch, values={**branch.values, name: new})


def _is_read_outside(loss: Loss, node: cst.If, name: str) -> bool:
    return any(
        all(above is not node for above in loss.tree.ancestors(use)) for use in uses(loss, name)
    )


def _chosen_value(
    loss: Loss, node: cst.If, name: str, then: _Value | None, other: _Value | None
) -> _Value:
    operators = {each.operator for each in (then, other) if each is not None}
    if len(operators) == 1 and operators != {""}:
        operator = operators.pop()
        neutral = cst.parse_expression(_NEUTRAL[operator])
        sides = [neutral if each is None else each.value for each in (then, other)]
        return _Value(operator, chosen(loss, node.test, *sides))
    if (then is None or other is None) and not _is_bound_before(loss, node, name):
        raise Unmergeable
    sides = [_whole(name, each) for each in (then, other)]
    return _Value("", chosen(loss, node.test, *sides))


def _whole(name: str, value: _Value | None) -> cst.BaseExpression:
    if value is None:
        return cst.Name(name)
    if not value.operator:
        return value.value
    return expression(f"{{n}} {value.operator} {{v}}", n=cst.Name(name), v=value.value)


def _is_bound_before(loss: Loss, node: cst.If, name: str) -> bool:
    if name in parameter_names(loss.function):
        return True
    line = loss.tree.spans[node].line
    return any(loss.tree.spans[each.node].line < line for each in loss.flow.values(name))


def _line(name: str, value: _Value) -> cst.SimpleStatementLine:
    operator = f"{value.operator}=" if value.operator else "="
    line = cst.parse_statement(f"{name} {operator} 0")
    assert isinstance(line, cst.SimpleStatementLine)
    return line.with_changes(body=[line.body[0].with_changes(value=value.value)])


def _assigned(statement: cst.SimpleStatementLine) -> str:
    match statement.body[0]:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            return name
    return ""


def _always_returns(node: cst.If) -> bool:
    match node.orelse:
        case cst.If() as chained:
            return _always_returns(chained)
    return node.orelse is not None


def _with_comments(
    node: cst.If, lines: Sequence[cst.SimpleStatementLine]
) -> list[cst.SimpleStatementLine]:
    # Everything that was said about the branches is said above the choice.
    kept = [text for line in lines for text in comments(line)]
    said = [cst.EmptyLine(comment=cst.Comment(text)) for text in _comments_below(node, kept)]
    first, *others = lines
    return [
        first.with_changes(leading_lines=[*node.leading_lines, *said, *first.leading_lines]),
        *others,
    ]


def _comments_below(node: cst.If, kept: Sequence[str]) -> list[str]:
    above = [each.comment.value for each in node.leading_lines if each.comment is not None]
    known = [*kept, *above]
    found = []
    for text in comments(node):
        if text in known:
            known.remove(text)
        else:
            found.append(text)
    return found


def _merged_with_rest(loss: Loss, node: cst.If, branch: _Branch) -> dict[cst.CSTNode, Replacement]:
    """``if c: return a`` and what follows, as one ``return`` at the end."""
    block = loss.tree.parents[node]
    if loss.tree.parents.get(block) is not loss.function or branch.returned is None:
        raise Unmergeable
    body = list(inner_statements(loss.function))
    rest = body[body.index(node) + 1 :]
    read = names_below(branch.returned) | names_below(node.test)
    match rest[-1:]:
        case [
            cst.SimpleStatementLine(body=[cst.Return(value=cst.BaseExpression() as value)]) as last
        ]:
            pass
        case _:
            raise Unmergeable
    for each in rest[:-1]:
        match each:
            case cst.SimpleStatementLine(
                body=[
                    cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))])
                    | cst.AugAssign(target=cst.Name(value=name))
                ]
            ) if (name not in read):
                pass
            case _:
                raise Unmergeable
    new = cst.SimpleStatementLine([cst.Return(chosen(loss, node.test, branch.returned, value))])
    merged = _with_comments(node, [new])[0]
    if rest[:-1]:
        leading = [*last.leading_lines, *merged.leading_lines]
    else:
        leading = [*merged.leading_lines, *last.leading_lines]
    new = merged.with_changes(leading_lines=leading, trailing_whitespace=last.trailing_whitespace)
    return {node: list(branch.before), last: new}
