"""New code out of old: templates whose holes are atoms, and replacement that keeps the brackets right.

LibCST adds no brackets of its own (https://github.com/Instagram/LibCST/issues/341): putting
``lo - margin`` into ``a - b`` for ``b`` would flip a sign silently. All expressions are therefore
built here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import dropwhile
from typing import TypeVar, cast

import libcst as cst

from lossfix.syntax.tree import children

Replacement = (
    cst.CSTNode
    | Sequence[cst.CSTNode]
    | Callable[[cst.CSTNode], cst.CSTNode | Sequence[cst.CSTNode]]
)
"""What a node becomes: a node, several statements (none: it is removed), or a function of the node
with its inner replacements done."""

_ATOMS = (
    cst.Name,
    cst.Attribute,
    cst.Call,
    cst.Subscript,
    cst.BaseNumber,
    cst.SimpleString,
    cst.FormattedString,
    cst.List,
    cst.Dict,
    cst.Set,
    cst.ListComp,
    cst.SetComp,
    cst.DictComp,
    cst.Ellipsis,
)
_OPEN = (cst.NamedExpr, cst.Yield, cst.GeneratorExp, cst.Tuple, cst.Lambda)
_HOLE = "__hole_{}__"
_TIGHT = cst.SimpleWhitespace("")
_Item = TypeVar("_Item", cst.Param, cst.Arg)


def is_atom(node: cst.BaseExpression) -> bool:
    """Whether ``node`` can stand anywhere without brackets around it."""
    if isinstance(node, cst.BaseNumber) and not isinstance(
        node, cst.Integer | cst.Float | cst.Imaginary
    ):
        return False
    return isinstance(node, _ATOMS) or bool(node.lpar)


def atom(node: cst.BaseExpression) -> cst.BaseExpression:
    """``node`` with brackets where it needs them to stand as an operand."""
    if is_atom(node):
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def bare(node: cst.BaseExpression) -> cst.BaseExpression:
    """``node`` without the brackets around it, unless they hold it together over several lines."""
    if not node.lpar or isinstance(node, (*_OPEN, cst.ConcatenatedString)):
        return node
    only = cst.Module([]).code_for_node(node)
    if "\n" in only:
        return node
    return node.with_changes(lpar=[], rpar=[])


def argument(node: cst.BaseExpression) -> cst.BaseExpression:
    """``node`` as a call takes it: brackets only where a comma or ``for`` would be misread."""
    if isinstance(node, cst.Lambda):
        return node
    return atom(node) if isinstance(node, _OPEN) else bare(node)


_TERMS, _FACTORS, _SIGNS, _POWERS = range(4)
"""How tightly arithmetic binds, the loosest first."""
_PRECEDENCE: Mapping[type[cst.CSTNode], int] = {
    cst.Add: _TERMS,
    cst.Subtract: _TERMS,
    cst.Multiply: _FACTORS,
    cst.Divide: _FACTORS,
    cst.Minus: _SIGNS,
    cst.Power: _POWERS,
}


def operand(
    node: cst.BaseExpression, operator: cst.BaseBinaryOp, is_left: bool
) -> cst.BaseExpression:
    """``node`` as an operand: brackets only where it would be read as something else without them."""
    without = bare(node)
    outer = _PRECEDENCE.get(type(operator))
    if outer is None or outer == _POWERS or not isinstance(without, _Arithmetic) or without.lpar:
        return atom(node)
    inner = _PRECEDENCE.get(type(without.operator), -1)
    tighter = inner > outer and (is_left or inner != _SIGNS)
    return without if tighter or (inner == outer and is_left) else atom(node)


_Arithmetic = cst.BinaryOperation | cst.UnaryOperation


class _Fill(cst.CSTTransformer):
    def __init__(self, holes: Mapping[str, cst.BaseExpression]) -> None:
        self.holes = {_HOLE.format(name): node for name, node in holes.items()}

    def _filled(self, node: cst.CSTNode) -> cst.BaseExpression | None:
        return self.holes.get(node.value) if isinstance(node, cst.Name) else None

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        hole = self._filled(original_node.value)
        return updated_node if hole is None else updated_node.with_changes(value=argument(hole))

    def leave_Element(self, original_node: cst.Element, updated_node: cst.Element) -> cst.Element:
        hole = self._filled(original_node.value)
        return updated_node if hole is None else updated_node.with_changes(value=argument(hole))

    def leave_Index(self, original_node: cst.Index, updated_node: cst.Index) -> cst.Index:
        hole = self._filled(original_node.value)
        return updated_node if hole is None else updated_node.with_changes(value=argument(hole))

    def leave_BinaryOperation(
        self, original_node: cst.BinaryOperation, updated_node: cst.BinaryOperation
    ) -> cst.BinaryOperation:
        left, right = (self._filled(each) for each in (original_node.left, original_node.right))
        operator = updated_node.operator
        if left is not None:
            updated_node = updated_node.with_changes(left=operand(left, operator, True))
        if right is not None:
            updated_node = updated_node.with_changes(right=operand(right, operator, False))
        return updated_node

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        hole = self._filled(original_node)
        return updated_node if hole is None else atom(hole)


def expression(template: str, **holes: cst.BaseExpression) -> cst.BaseExpression:
    """The expression ``template`` with each ``{name}`` filled by the node of that name.

    >>> import libcst as cst
    >>> node = expression("tf.sigmoid({k} * {x})", k=cst.Name("k"), x=cst.parse_expression("a - b"))
    >>> cst.Module([]).code_for_node(node)
    'tf.sigmoid(k * (a - b))'
    """
    text = template.format(**{name: _HOLE.format(name) for name in holes})
    parsed = cst.parse_expression(text)
    filled = parsed.visit(_Fill(holes))
    return cast(cst.BaseExpression, filled).deep_clone()


def comma() -> cst.Comma:
    """A comma with a space behind it."""
    return cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def appended(
    listed: Sequence[_Item], new: _Item, opening: cst.BaseParenthesizableWhitespace = _TIGHT
) -> list[_Item]:
    """``listed`` with ``new`` behind it, laid out as the others are: what ended them ends them still.

    ``opening`` is what stands behind the bracket that opens them, and sets one alone apart from the next.
    """
    if not listed:
        return [new]
    *first, last = listed
    end = "whitespace_after_param" if isinstance(new, cst.Param) else "whitespace_after_arg"
    between = first[-1].comma if first else cst.MaybeSentinel.DEFAULT
    if not isinstance(between, cst.Comma):
        between = comma() if opening.empty else cst.Comma(whitespace_after=opening)
    ending = getattr(last, end)
    # A comment is about what stands in front of it: it stays there, and is not said twice.
    said = ending.first_line if isinstance(ending, cst.ParenthesizedWhitespace) else None
    space = between.whitespace_after
    if isinstance(space, cst.ParenthesizedWhitespace):
        first_line = said or cst.TrailingWhitespace()
        space = space.with_changes(first_line=first_line, empty_lines=())
        between = between.with_changes(whitespace_after=space)
        if said is not None:
            ending = ending.with_changes(first_line=cst.TrailingWhitespace())
    closing = {"comma": last.comma, end: ending}
    return [
        *first,
        last.with_changes(**{"comma": between, end: _TIGHT}),
        new.with_changes(**closing),
    ]


def with_arguments(call: cst.Call, new: Sequence[cst.Arg]) -> cst.Call:
    """``call`` with further arguments, laid out as its own are."""
    args = list(call.args)
    for each in new:
        args = appended(args, each, call.whitespace_before_args)
    return call.with_changes(args=args)


def tight_equal() -> cst.AssignEqual:
    """The ``=`` of a keyword or a default, without spaces."""
    return cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def name(dotted: str) -> cst.Name | cst.Attribute:
    """The node of a dotted name."""
    return cast("cst.Name | cst.Attribute", cst.parse_expression(dotted))


_WHOLE = (
    *(cst.Arg, cst.Element, cst.Index),
    *(cst.Return, cst.Expr, cst.Assign, cst.AnnAssign, cst.AugAssign),
)
"""Where an expression stands by itself, and needs no brackets."""


class _Replace(cst.CSTTransformer):
    def __init__(
        self,
        replacements: Mapping[cst.CSTNode, Replacement],
        unbracketed: frozenset[cst.CSTNode],
        operands: Mapping[cst.CSTNode, cst.BinaryOperation],
        chained: frozenset[cst.CSTNode],
    ) -> None:
        self.replacements = replacements
        self.unbracketed = unbracketed
        self.operands = operands
        self.chained = chained

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> object:  # type: ignore[override]
        replacement = self.replacements.get(original_node)
        if replacement is None:
            kept = super().on_leave(original_node, updated_node)
            if isinstance(original_node, cst.SimpleStatementLine) and isinstance(
                kept, cst.SimpleStatementLine
            ):
                return _with_lost_comments(original_node, kept)
            if (
                isinstance(original_node, cst.IndentedBlock)
                and isinstance(kept, cst.IndentedBlock)
                and self.replacements.get(original_node.body[0]) == ()
            ):
                return _opened_anew(kept)
            return kept
        if isinstance(original_node, cst.SimpleStatementLine) and isinstance(
            updated_node, cst.SimpleStatementLine
        ):
            updated_node = _with_lost_comments(original_node, updated_node)
        new = replacement(updated_node) if callable(replacement) else replacement
        if original_node in self.chained and not isinstance(new, cst.If | cst.Else):
            return _else(original_node, [new] if isinstance(new, cst.CSTNode) else new)
        if not isinstance(new, cst.CSTNode):
            return cst.FlattenSentinel(list(new)) if new else cst.RemoveFromParent()
        if isinstance(new, cst.BaseExpression) and isinstance(original_node, cst.BaseExpression):
            return self._bracketed(original_node, new)
        return new

    def _bracketed(self, old: cst.BaseExpression, new: cst.BaseExpression) -> cst.BaseExpression:
        if old in self.unbracketed:
            return new if isinstance(new, _OPEN) else bare(new) if not old.lpar else new
        if (above := self.operands.get(old)) is not None:
            return operand(new, above.operator, above.left is old)
        return atom(new)


def _opened_anew(block: cst.IndentedBlock) -> cst.IndentedBlock:
    """A block whose first statement went, without the blank lines that parted the next one from it."""
    first = block.body[0] if block.body else None
    if not isinstance(first, cst.SimpleStatementLine):
        return block
    lines = [*dropwhile(lambda line: line.comment is None, first.leading_lines)]
    return block.with_changes(body=[first.with_changes(leading_lines=lines), *block.body[1:]])


def _else(old: cst.CSTNode, new: Sequence[cst.CSTNode]) -> cst.Else | cst.RemovalSentinel:
    """What an ``elif`` becomes in whose place statements stand."""
    assert isinstance(old, cst.If)
    if not new:
        return cst.RemoveFromParent()
    body = cst.IndentedBlock(body=cast("Sequence[cst.BaseStatement]", new))
    return cst.Else(body=body, leading_lines=[])


def comments(node: cst.CSTNode) -> list[str]:
    """All comments below a node, in document order."""
    if isinstance(node, cst.Comment):
        return [node.value]
    return [each for child in children(node, layout=True) for each in comments(child)]


def _with_lost_comments(
    old: cst.SimpleStatementLine, new: cst.SimpleStatementLine
) -> cst.SimpleStatementLine:
    """``new`` with the comments that stood inside of replaced expressions on lines above it."""
    if old.deep_equals(new):
        return new
    kept = Counter(comments(new))
    lost = []
    for each in comments(old):
        if kept[each]:
            kept[each] -= 1
        else:
            lost.append(cst.EmptyLine(comment=cst.Comment(each)))
    return new.with_changes(leading_lines=[*new.leading_lines, *lost]) if lost else new


def replace(
    module: cst.Module,
    replacements: Mapping[cst.CSTNode, Replacement],
    parents: Mapping[cst.CSTNode, cst.CSTNode],
) -> cst.Module:
    """``module`` with every key of ``replacements`` (a node of it) replaced, inner nodes first."""
    unbracketed = frozenset(
        node
        for node in replacements
        if isinstance(parents.get(node), _WHOLE) and not isinstance(node, cst.GeneratorExp)
    )
    operands = {
        node: above
        for node in replacements
        if isinstance(above := parents.get(node), cst.BinaryOperation)
    }
    chained = frozenset(
        node
        for node in replacements
        if isinstance(node, cst.If)
        and isinstance(above := parents.get(node), cst.If)
        and above.orelse is node
    )
    return module.visit(_Replace(replacements, unbracketed, operands, chained))
