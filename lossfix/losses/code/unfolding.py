"""A loss that is an expression, as the function that it would be, in the concrete tree of its file."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import libcst as cst

from lossfix.losses.discovery.unnamed import PARAMETERS, Unnamed
from lossfix.syntax import scope
from lossfix.syntax.nodes import every
from lossfix.syntax.quiet import parsed_or_none
from lossfix.syntax.tree import Tree, last_part, walk


def expression_in(tree: Tree, loss: Unnamed) -> cst.BaseExpression:
    """The node of a loss that is an expression."""
    match loss.node:
        case ast.Call(args=[ast.Lambda() as inner, *_]):
            # What wraps it: `tf.function(lambda ...)`.
            node = _lambda_at(tree, inner)
            return next(each for each in tree.ancestors(node) if isinstance(each, cst.Call))
        case ast.Lambda() as node_:
            return _lambda_at(tree, node_)
    outlined = [
        each for each in every(tree.outline, ast.Call) if scope.last_part(each.func) == "partial"
    ]
    calls = [each for each in walk(tree.module, cst.Call) if last_part(each.func) == "partial"]
    return calls[_in_order(outlined).index(loss.node)]


def _lambda_at(tree: Tree, node: ast.Lambda) -> cst.Lambda:
    lambdas = [*walk(tree.module, cst.Lambda)]
    return lambdas[_in_order(every(tree.outline, ast.Lambda)).index(node)]


def _in_order(nodes: Sequence[ast.Lambda] | Sequence[ast.Call]) -> list[ast.expr]:
    return sorted(nodes, key=lambda each: (each.lineno, each.col_offset))


def body_of(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """What a loss that is an expression computes, as it stands there; ``None`` of what only calls another."""
    match node:
        case cst.Lambda(body=body) | cst.Call(args=[cst.Arg(value=cst.Lambda(body=body)), *_]):
            return body
    return None


def as_function(tree: Tree, node: cst.BaseExpression, name: str) -> cst.FunctionDef:
    """A loss that is an expression as a function of that name."""
    match node:
        case cst.Call(args=[cst.Arg(value=cst.Lambda(params=params, body=body)), *_]):
            pass
        case cst.Lambda(params=params, body=body):
            pass
        case cst.Call(args=[first, *given]):
            params = cst.Parameters([cst.Param(cst.Name(each)) for each in PARAMETERS])
            bound = [each for each in given if each.keyword is None]
            named = [each for each in given if each.keyword is not None]
            pair = [cst.Arg(cst.Name(each)) for each in PARAMETERS]
            args = [
                each.with_changes(comma=cst.MaybeSentinel.DEFAULT)
                for each in (*bound, *pair, *named)
            ]
            body = cst.Call(first.value, args)
        case _:
            raise AssertionError(type(node))
    if not _stands_alone(tree.code(body)):
        body = body.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    line = cst.SimpleStatementLine([cst.Return(body)])
    return cst.FunctionDef(cst.Name(name), params, cst.IndentedBlock([line]))


def _stands_alone(code: str) -> bool:
    """Whether an expression needs no brackets around it to be one statement, over however many lines."""
    module = parsed_or_none(code)
    return module is not None and len(module.body) == 1
