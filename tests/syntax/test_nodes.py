"""What is walked of an outline is what ``ast`` walks, without contexts and operators."""

import ast

import pytest
from test_tree import EVERYTHING, FIXTURES

from lossfix.syntax.nodes import below, children

PASSED_BY = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
BOUND = "def f(a):\n    global b, c\n    def g():\n        nonlocal a\n        a = b if c else ~a\n"


def kept(nodes: list[ast.AST]) -> list[int]:
    return [id(each) for each in nodes if not isinstance(each, PASSED_BY)]


@pytest.mark.parametrize(
    "text", [BOUND, EVERYTHING, *(each.read_text("utf-8") for each in FIXTURES[:20])]
)
def test_a_walk_is_that_of_ast_without_contexts_and_operators(text: str) -> None:
    module = ast.parse(text)
    for node in ast.walk(module):
        assert [*map(id, children(node))] == kept([*ast.iter_child_nodes(node)]), type(node)
        assert kept(below(node)) == kept([*ast.walk(node)])
