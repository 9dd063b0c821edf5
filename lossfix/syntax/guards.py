"""What must hold of a text that was rewritten, whatever rewrote it."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter

import libcst as cst

from lossfix.syntax.parsing import Unparsable, outline
from lossfix.syntax.scope import unbound
from lossfix.syntax.tree import children


class GuardTripped(Exception):
    """A rewrite that must not be made; the message is the reason that its finding carries."""


def outline_of(text: str) -> ast.Module:
    """The tree of a rewritten text.

    Raises:
        GuardTripped: where the text is not Python.
    """
    try:
        return outline(text)
    except Unparsable as error:
        raise GuardTripped(f"the rewrite would not parse: {error}") from None


def reads_back(text: str, module: cst.Module) -> None:
    """Nothing, where ``text`` means the tree that it was printed from.

    Raises:
        GuardTripped: where it means another one: a bracket is missing.
    """
    try:
        again = cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        raise GuardTripped(f"the rewrite would not parse: {error.message}") from None
    if again.code != text or _shape(again) != _shape(module):
        raise GuardTripped("the rewrite would not read back as it was meant (brackets)")


def _shape(module: cst.Module) -> list[str]:
    # Layout may be read back into other nodes than it was built from; the program may not.
    stack: list[cst.CSTNode] = [module]
    shape = []
    while stack:
        node = stack.pop()
        if isinstance(node, cst.BaseExpression | cst.BaseStatement | cst.BaseSmallStatement):
            shape.append(type(node).__name__)
        stack.extend(children(node))
    return shape


def keeps_comments(before: str, after: str) -> None:
    """Nothing, where every comment of ``before`` is still there.

    Raises:
        GuardTripped: where one is lost.
    """
    lost = _comments(before) - _comments(after)
    if lost:
        raise GuardTripped(f"the rewrite would lose a comment: {next(iter(lost))}")


def _comments(text: str) -> Counter[str]:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, IndentationError) as error:
        raise GuardTripped(f"the rewrite would not parse: {error}") from None
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


def binds_its_names(before: ast.Module, after: ast.Module) -> None:
    """Nothing, where a rewritten module binds all names that it has come to use.

    Raises:
        GuardTripped: where it does not.
    """
    if unbound(after) - unbound(before):
        raise GuardTripped("the rewrite would use a name that this file does not bind")
