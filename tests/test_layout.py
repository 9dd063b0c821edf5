"""Generated code is formatted as the project formats, and nothing else is touched."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossfix.layout import Style, format_statement, layout, style_for

CLASS = '''\
class DetLoss(keras.losses.Loss):
    """Says what it does.

    Args:
        alpha: A number.
    """
    def __init__(self, alpha = 1., reduction='sum_over_batch_size', name='det_loss', dtype = None):
        super().__init__(reduction=reduction, name=name, dtype=dtype)
    def call(self, y_true, y_pred):
        return self.alpha*tf.abs(y_pred-y_true)
'''


def test_a_statement_at_the_top_is_as_black_makes_it():
    import black

    assert format_statement(CLASS, "", Style()) == black.format_str(CLASS, mode=black.Mode())


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_nested_statement_is_as_black_makes_it_there(depth):
    import black

    blocks = "".join("    " * level + "def f():\n" for level in range(depth))
    whole = black.format_str(blocks + textwrap.indent(CLASS, "    " * depth), mode=black.Mode())
    inner = "".join(whole.splitlines(keepends=True)[depth:])
    assert format_statement(CLASS, "    " * depth, Style()) == inner


@pytest.mark.parametrize("unit", ["\t", "  ", "   ", "        "])
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_the_indentation_of_the_file_is_kept(unit, depth):
    code = "".join(
        unit * ((len(line) - len(line.lstrip())) // 4) + line.lstrip()
        for line in CLASS.splitlines(keepends=True)
    )
    formatted = format_statement(code, unit * depth, Style(line_length=200))
    lines = [line for line in formatted.splitlines() if line]
    assert all(line.startswith(unit * depth) for line in lines)
    assert f"{unit * (depth + 1)}def call(self, y_true, y_pred):" in lines
    assert f"{unit * (depth + 2)}return self.alpha * tf.abs(y_pred - y_true)" in lines
    ast.parse("".join(unit * level + "if 1:\n" for level in range(depth)) + formatted)


@pytest.mark.parametrize("indent", ["", "    ", "\t"])
def test_a_string_of_several_lines_keeps_its_lines(indent):
    formatted = format_statement('x = """a\n  b\n\tc\n"""', indent, Style())
    assert formatted == f'{indent}x = """a\n  b\n\tc\n"""\n'


def test_strings_that_are_joined_by_standing_together_are_indented():
    formatted = format_statement("f(\n    'aaa'\n    'bbb',\n)", "    ", Style(line_length=12))
    assert formatted == '    f(\n        "aaa"\n        "bbb",\n    )\n'


def test_what_black_cannot_read_is_only_indented():
    assert format_statement("print 1\nx  = 2", "  ", Style()) == "  print 1\n  x  = 2\n"


SIMPLE = st.sampled_from(
    ["x  =  1", "y = ('a'\n 'b')", "z = '''p\n  q'''", "# note", "w = f(a,b,)", "del v ; u=2"]
)


@settings(deadline=None, max_examples=40)
@given(
    body=st.lists(SIMPLE, min_size=1, max_size=4), indent=st.sampled_from(["", "    ", "  ", "\t"])
)
def test_the_meaning_is_kept_and_formatting_twice_is_formatting_once(body, indent):
    code = "def f():\n" + "".join(f"    {statement}\n" for statement in [*body, "pass"])
    once = format_statement(code, indent, Style())
    tree = ast.parse(f"if 1:\n{once}" if indent else once)
    inner = tree.body[0].body if indent else tree.body
    assert ast.dump(ast.Module(inner, [])) == ast.dump(ast.parse(code))
    in_string = "  q"
    dedented = "".join(
        line if line.startswith(in_string) else line.removeprefix(indent)
        for line in once.splitlines(keepends=True)
    )
    assert format_statement(dedented, indent, Style()) == once


BEFORE = """\
import numpy as np
def det_loss(y_true,y_pred):
    return np.mean(y_true-y_pred)

other = { 'kept':1 }
"""
AFTER = """\
import tensorflow as tf
class DetLoss(Loss):
    def call(self,y_true,y_pred):
        return tf.reduce_mean(y_true-y_pred)

det_loss=DetLoss()
other = { 'kept':1 }
"""


def test_only_what_was_generated_is_formatted():
    assert layout(BEFORE, AFTER, Style()) == AFTER.replace(
        "self,y_true,y_pred", "self, y_true, y_pred"
    ).replace("(y_true-y_pred)", "(y_true - y_pred)")


def test_a_function_that_only_has_another_name_keeps_its_body():
    before = "class A(Loss):\n    def __call__(self, y, p, w=None):\n        'Doc.'\n        return y-p\n"
    after = before.replace("__call__(self, y, p, w=None)", "call(self, y, p)")
    assert layout(before, after, Style()) == after


def test_a_changed_statement_is_formatted_where_it_became_too_long():
    before = "def f(a,b):\n    c  = 1\n    return np.mean(a-b)\n"
    after = "def f(a,b):\n    c  = 1\n    return tf.reduce_mean(a-b,axis=[1,2,3])\n"
    assert layout(before, after, Style()) == after
    assert layout(before, after, Style(line_length=40)) == (
        "def f(a,b):\n    c  = 1\n    return tf.reduce_mean(\n        a - b, axis=[1, 2, 3]\n    )\n"
    )


FORMATTED = """\
def gap(
    y_true, y_pred, weights=some_library.of_functions.ones, scale=some_library.just_one
):
    gap = some_library.of_functions.absolute_difference_of_two_tensors(y_true, y_pred)
    return weights * gap
"""


def test_a_file_that_is_as_black_leaves_it_stays_so():
    after = FORMATTED.replace("some_library.of_functions.", "")
    assert layout(FORMATTED, after, Style()) == (
        "def gap(y_true, y_pred, weights=ones, scale=some_library.just_one):\n"
        "    gap = absolute_difference_of_two_tensors(y_true, y_pred)\n"
        "    return weights * gap\n"
    )
    for before in (FORMATTED.replace("weights * gap", "weights*gap"), f"# %% Cell\n{FORMATTED}"):
        after = before.replace("some_library.of_functions.", "")
        assert layout(before, after, Style()) == after


SIGNATURE = """\
class Weighted( keras.losses.Loss ):
    @wraps
    def __init__(self, weight=1.0, reduction=Reduction.AUTO, name="weighted", **more):
        # Says why.
        super().__init__( reduction=reduction, name=name, **more )
"""


@pytest.mark.parametrize("unit", ["    ", "\t", "  "])
def test_a_signature_that_became_too_long_is_formatted_without_its_body(unit):
    before = SIGNATURE.replace("    ", unit)
    after = before.replace("Reduction.AUTO", '"sum_over_batch_size"')
    formatted = layout(before, after, Style())
    lines = formatted.splitlines()
    inner = 'self, weight=1.0, reduction="sum_over_batch_size", name="weighted", **more'
    assert lines[2:5] == [f"{unit}def __init__(", unit * 2 + inner, f"{unit}):"]
    assert lines[:2] + lines[5:] == before.splitlines()[:2] + before.splitlines()[3:]
    assert ast.dump(ast.parse(formatted)) == ast.dump(ast.parse(after))


def test_a_signature_that_was_too_long_or_still_fits_stays_as_it_is():
    long = SIGNATURE.replace("weight=1.0", "the_weight_of_what_is_above_the_threshold=1.0")
    short = SIGNATURE.replace("Reduction.AUTO", "None")
    for before in (long, short):
        after = before.replace("Reduction.AUTO", '"sum"').replace("None", '"sum"')
        assert layout(before, after, Style()) == after


HEAD = """\
def mean_gap( y_true, y_pred, weights, more_weights, name ):
  with tf.name_scope(name, "gap",
                     [y_true, y_pred]) as scope:
    gap=abs( y_true-y_pred )
    if gap is None:
      return 0
    elif mean_of_all_that_there_is(weights) > mean_of_all_that_there_is(more_weights):
      return gap
  return gap
"""


def test_the_head_of_a_block_that_is_too_long_is_formatted_without_its_body():
    new = 'with tf.compat.v1.name_scope(name, "gap", [y_true, y_pred, weights, more_weights]) as scope:'
    after = HEAD.replace(
        """with tf.name_scope(name, "gap",
                     [y_true, y_pred]) as scope:""",
        new,
    )
    assert layout(HEAD, after, Style()) == after.replace(
        new,
        """with tf.compat.v1.name_scope(
    name, "gap", [y_true, y_pred, weights, more_weights]
  ) as scope:""",
    )


def test_the_head_of_a_block_that_fits_or_cannot_be_parted_stays_as_it_is():
    for old, new in (('"gap"', '"distance"'), ("> mean_of_all", "<= mean_of_all")):
        after = HEAD.replace(old, new)
        assert layout(HEAD, after, Style()) == after


def test_what_is_not_python_is_left_alone():
    assert layout("x = 1\n", "x = (\n", Style()) == "x = (\n"


@pytest.mark.parametrize(
    ("files", "style"),
    [
        ({}, Style()),
        ({"pyproject.toml": "[tool.black]\nline-length = 100\n"}, Style(100)),
        (
            {
                "pyproject.toml": "[tool.black]\nskip-string-normalization = true\n"
                "skip-magic-trailing-comma = true\ntarget-version = ['py311', 'py310']\n"
                "[tool.ruff]\nline-length = 50\n"
            },
            Style(88, True, False, ("py311", "py310")),
        ),
        ({"pyproject.toml": "[tool.ruff]\nline-length = 79\n"}, Style(79)),
        ({"ruff.toml": "line-length = 70\n[format]\nquote-style = 'single'\n"}, Style(70, True)),
        ({"pyproject.toml": "[tool.black\n"}, Style()),
    ],
)
def test_the_style_is_the_project_s(tmp_path, files, style):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    inner = tmp_path / "src" / "pkg"
    inner.mkdir(parents=True)
    assert style_for(inner / "losses.py") == style
