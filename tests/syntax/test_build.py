"""New code out of old keeps its brackets, wherever a template or a replacement puts it."""

from __future__ import annotations

import ast

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossfix.syntax import build
from lossfix.syntax.parsing import parse
from lossfix.syntax.tree import walk

EXPRESSIONS = [
    "a",
    "-a",
    "a - b",
    "a * b",
    "a ** b",
    "a if b else c",
    "a < b",
    "not a",
    "lambda: a",
    "(a, b)",
    "(a := b)",
    "(x for x in a)",
    "a @ b",
    "f(a)",
    "a.b",
    "a[b]",
    "1.5",
    "-1.5",
    "'a' 'b'",
    "a and b or c",
]
TEMPLATES = [
    "{h} - c",
    "c - {h}",
    "c * {h}",
    "{h} * c",
    "c / {h}",
    "{h} % c",
    "-{h}",
    "{h} ** 2",
    "2 ** {h}",
    "f({h})",
    "f(*{h})",
    "f(k={h})",
    "{h}.attr",
    "{h}[0]",
    "c[{h}]",
    "[{h}, c]",
    "{h} if c else d",
    "c < {h}",
    "not {h}",
]


def meant(template: str, hole: str) -> str:
    return ast.dump(ast.parse(template.format(h=f"({hole})"), mode="eval"))


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(TEMPLATES), st.sampled_from(EXPRESSIONS))
def test_a_hole_means_the_same_in_any_template(template: str, hole: str) -> None:
    node = build.expression(template, h=cst.parse_expression(hole))
    code = cst.Module([]).code_for_node(node)
    assert ast.dump(ast.parse(code, mode="eval")) == meant(template, hole)


@pytest.mark.parametrize(
    ("template", "hole", "code"),
    [
        ("1.0 * {h}", "(e**2)", "1.0 * e**2"),
        ("{h} + c", "a * b", "a * b + c"),
        ("{h} - c", "a - b", "a - b - c"),
        ("c - {h}", "a - b", "c - (a - b)"),
        ("{h} * c", "-a", "-a * c"),
        ("c * {h}", "-a", "c * (-a)"),
        ("f([{h}, 1])", "(-1)", "f([-1, 1])"),
        ("a[{h}]", "(b - 1)", "a[b - 1]"),
    ],
)
def test_a_hole_has_only_the_brackets_that_it_needs(template: str, hole: str, code: str) -> None:
    node = build.expression(template, h=cst.parse_expression(hole))
    assert cst.Module([]).code_for_node(node) == code


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(TEMPLATES), st.sampled_from(EXPRESSIONS))
def test_a_replacement_means_the_same_wherever_it_stands(template: str, new: str) -> None:
    tree = parse(f"value = {template.format(h='hole')}\n")
    hole = next(n for n in walk(tree.module) if isinstance(n, cst.Name) and n.value == "hole")
    module = build.replace(tree.module, {hole: cst.parse_expression(new)}, tree.parents)
    wanted = ast.parse(f"value = {template.format(h=f'({new})')}\n")
    assert ast.dump(ast.parse(module.code)) == ast.dump(wanted)


@pytest.mark.parametrize(
    ("old", "new", "after"),
    [
        ("x = f(hole)", "a - b", "x = f(a - b)"),
        ("x = hole", "(a - b)", "x = a - b"),
        ("return_ = (hole)", "a - b", "return_ = (a - b)"),
        ("x = hole - c", "f(a)", "x = f(a) - c"),
        ("x = c - hole", "a - b", "x = c - (a - b)"),
    ],
)
def test_brackets_stand_only_where_they_are_needed(old: str, new: str, after: str) -> None:
    tree = parse(old + "\n")
    hole = next(n for n in walk(tree.module) if isinstance(n, cst.Name) and n.value == "hole")
    module = build.replace(tree.module, {hole: cst.parse_expression(new)}, tree.parents)
    assert ast.dump(ast.parse(module.code)) == ast.dump(ast.parse(after))
    assert module.code.count("(") <= after.count("(") + old.count("(hole)")


def test_inner_replacements_survive_those_around_them() -> None:
    tree = parse("x = f(g(y))\n")
    calls = [node for node in walk(tree.module) if isinstance(node, cst.Call)]
    upper = {
        call: (lambda node: node.with_changes(func=cst.Name(node.func.value.upper())))
        for call in calls
    }
    assert build.replace(tree.module, upper, tree.parents).code == "x = F(G(y))\n"


CALLS = {
    "f()": "f(b=c)",
    "f(a)": "f(a, b=c)",
    "f(a, d,)": "f(a, d, b=c,)",
    "f(\n    a,\n    d,\n)": "f(\n    a,\n    d,\n    b=c,\n)",
    "f(\n    a,\n)": "f(\n    a,\n    b=c,\n)",
    "f(\n    a\n)": "f(\n    a,\n    b=c\n)",
    "f(\n    a, d\n)": "f(\n    a, d, b=c\n)",
    "f(a,\n  d)": "f(a,\n  d,\n  b=c)",
}


@pytest.mark.parametrize(("before", "after"), CALLS.items(), ids=range(len(CALLS)))
def test_an_argument_is_added_as_the_others_are_laid_out(before: str, after: str) -> None:
    call = cst.parse_expression(before)
    assert isinstance(call, cst.Call)
    new = cst.Arg(cst.Name("c"), keyword=cst.Name("b"), equal=build.tight_equal())
    assert cst.parse_module("").code_for_node(build.with_arguments(call, [new])) == after
