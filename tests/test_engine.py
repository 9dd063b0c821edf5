"""Findings are settled one at a time on text, and no step is taken that a guard forbids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst
import pytest

from lossfix.checking import Options, check
from lossfix.engine import repair, repairable
from lossfix.losses.code.loss import Loss, Relaxation
from lossfix.model import Finding, Gate, Repair, Safety, Severity
from lossfix.rules import RULES
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.tree import walk

HEAD = "import tensorflow as tf\n\n\n"
BODY = "def a_loss(y_true, y_pred):\n    return tf.reduce_mean({}, axis=-1)\n"
USE = "\n\nmodel.compile(loss=a_loss)\n"
EXPRESSIONS = tuple(rule for rule in RULES if not rule.code.startswith("LF3"))
"""The rules that leave the shape of the code alone."""


def mended(text: str, rules: tuple[Rule, ...] = EXPRESSIONS, **options: object) -> Repair:
    wanted = replace(Options(rules), **options)  # type: ignore[arg-type]
    (name,) = (loss.name for loss in repairable(text, wanted))
    return repair("losses.py", text, name, wanted)


def everything_mended(text: str, rules: tuple[Rule, ...] = RULES) -> str:
    for name in [loss.name for loss in repairable(text, Options(rules))]:
        text = repair("losses.py", text, name, Options(rules)).after
    return text


# a rule for these tests: it wraps, or breaks, what stands in `tf.square(...)`


def a_rule(rewritten: str, safety: Safety = Safety.EXACT) -> Rule:
    """A rule that finds ``tf.square(...)`` and writes ``rewritten`` in its place."""

    def match(loss: Loss) -> Iterator[Match]:
        for node in walk(loss.function):
            if loss.operation(node) == "tf.square" and isinstance(node, cst.Call):
                yield Match(node, f"`{loss.tree.code(node)}`")

    def rewrite(loss: Loss, match: Match) -> Edit:
        return Edit({match.node: cst.parse_expression(rewritten)})

    return Rule("LF901", safety, Severity.ERROR, match, rewrite, "A rule", "lossfix.rules.a_rule")


@pytest.mark.parametrize(
    ("rewritten", "reason"),
    [
        ("unheard_of(y_pred)", "`unheard_of`, which this file does not bind"),
        ("tf.square(y_pred)", "leave the finding as it is"),
        ("tf.square(tf.square(y_pred))", "leave the finding as it is"),
    ],
)
def test_a_step_that_a_guard_forbids_is_not_taken_and_says_why(rewritten: str, reason: str) -> None:
    text = HEAD + BODY.format("tf.square(y_true - y_pred)") + USE
    done = mended(text, (a_rule(rewritten),))
    assert done.after == text
    assert done.steps == ()
    (left,) = done.left
    assert left.safety is Safety.MANUAL
    assert reason in left.reason


def test_a_step_outside_of_the_loss_is_not_taken() -> None:
    def match(loss: Loss) -> Iterator[Match]:
        yield Match(loss.function.name, "found")

    def rewrite(loss: Loss, match: Match) -> Edit:
        return Edit({loss.tree.module.body[0]: []})

    rule = Rule("LF901", Safety.EXACT, Severity.ERROR, match, rewrite, "A rule", "a_rule")
    text = HEAD + BODY.format("y_true - y_pred") + USE
    done = mended(text, (rule,))
    assert done.after == text
    assert "outside of the loss" in done.left[0].reason


def test_a_comment_that_would_be_lost_keeps_its_statement_as_it_is() -> None:
    def match(loss: Loss) -> Iterator[Match]:
        first = loss.function.body.body[0]
        if len(loss.function.body.body) > 1:
            yield Match(first, "found")

    def rewrite(loss: Loss, match: Match) -> Edit:
        return Edit({match.node: []})

    rule = Rule("LF901", Safety.EXACT, Severity.ERROR, match, rewrite, "A rule", "a_rule")
    text = (
        HEAD + "def a_loss(y_true, y_pred):\n    a = 1  # why\n    return y_true - y_pred\n" + USE
    )
    done = mended(text, (rule,))
    assert done.after == text
    assert "# why" in done.left[0].reason
    assert "# why" not in mended(text.replace("  # why", ""), (rule,)).after


def test_what_does_not_read_back_is_not_written() -> None:
    def match(loss: Loss) -> Iterator[Match]:
        for node in walk(loss.function):
            if loss.operation(node) == "tf.square":
                yield Match(node, "found")

    def rewrite(loss: Loss, match: Match) -> Edit:
        # A tree that no parser makes: `a - b - c` with the brackets of `a - (b - c)` left out.
        minus = cst.Subtract()
        right = cst.BinaryOperation(cst.Name("y_true"), minus, cst.Name("y_pred"))
        wrong = cst.BinaryOperation(cst.Name("y_true"), minus, right)
        return Edit({match.node: lambda node: cst.Call(cst.Name("abs"), [cst.Arg(wrong)])})

    rule = Rule("LF901", Safety.EXACT, Severity.ERROR, match, rewrite, "A rule", "a_rule")
    text = HEAD + BODY.format("tf.square(y_pred)") + USE
    done = mended(text, (rule,))
    assert done.after == text
    assert "brackets" in done.left[0].reason


def test_nested_findings_are_settled_one_at_a_time_and_none_is_lost() -> None:
    text = "import numpy as np\n" + HEAD + BODY.format("np.abs(np.square(np.exp(y_pred)))") + USE
    done = mended(text)
    assert "tf.abs(tf.square(tf.exp(y_pred)))" in done.after
    assert [step.finding.code for step in done.steps] == ["LF102"] * 3


def test_every_step_starts_where_the_one_before_it_ended() -> None:
    text = "import numpy as np\n" + HEAD + BODY.format("np.where(y_pred.numpy() > 0.5, 1, 0)") + USE
    done = mended(text, RULES)
    texts = [text, *(step.after for step in done.steps)]
    assert [step.before for step in done.steps] == texts[:-1]
    assert done.after == texts[-1]


def test_a_rewrite_uncovers_the_next_finding() -> None:
    text = "import numpy as np\n" + HEAD + BODY.format("np.where(y_pred.numpy() > 0.5, 1, 0)") + USE
    done = mended(text)
    assert "tf.sigmoid(steepness * (y_pred - 0.5))" in done.after
    assert done.promise is Safety.RELAXED


def test_tensors_come_first_then_gates_then_the_shape_of_the_code() -> None:
    text = "import numpy as np\n" + HEAD + BODY.format("np.where(y_pred.numpy() > 0.5, 1, 0)") + USE
    codes = [step.finding.code for step in mended(text, RULES).steps]
    assert codes == sorted(codes)
    assert codes[0] == "LF101"
    assert codes[-1] == "LF301"


def test_comments_inside_of_a_rewritten_expression_move_above_its_statement() -> None:
    text = HEAD + (
        "def a_loss(y_true, y_pred):\n"
        "    # before\n"
        "    gate = tf.cast(\n"
        "        # inside\n"
        "        y_pred > 0.5,  # trailing\n"
        "        tf.float32,\n"
        "    )  # after\n"
        "    return tf.reduce_mean(gate, axis=-1)\n"
    )
    assert (
        "    # before\n"
        "    # inside\n"
        "    # trailing\n"
        "    gate = tf.sigmoid(steepness * (y_pred - 0.5))  # after\n"
    ) in mended(text + USE).after


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("indent", ["    ", "\t", "  "])
def test_line_ends_and_indentation_are_the_files_own(ends: str, indent: str) -> None:
    text = HEAD + BODY.format("tf.cast(y_pred > 0.5, tf.float32)") + USE
    written = text.replace("    ", indent).replace("\n", ends)
    after = everything_mended(written)
    assert after.replace(ends, "").isprintable() or indent == "\t"
    assert {line[: len(line) - len(line.lstrip())] for line in after.split(ends)} <= {
        indent * depth for depth in range(4)
    }
    assert after.count("\n") == (after.count(ends) if "\n" in ends else 0)


ODD = {
    "no spaces": (
        "import tensorflow as tf\n"
        "def a_loss(y_true,y_pred) :\n"
        "  return tf.reduce_mean( tf.cast( y_pred>.5 , 'float32' ) ,axis= -1 )\n"
        "m.compile(loss=a_loss)"
    ),
    "semicolons": (
        "import tensorflow as tf; x = 1\n"
        "if x:\n"
        "    def a_loss(y_true, y_pred):\n"
        "        return tf.cast(y_pred > .5, tf.float32); pass\n"
        "m.compile(loss=a_loss)\n\n\n\n"
    ),
    "form feed and one line": (
        "import tensorflow as tf\n\x0c\n"
        "def a_loss(y_true, y_pred): return tf.cast(y_pred > .5, tf.float32)\n"
        "m.compile(loss=a_loss)\n"
    ),
    "backslashes": (
        "import tensorflow as tf\n"
        "def a_loss(y_true, \\\n     y_pred):\n"
        "    return tf.cast \\\n      (y_pred > .5, tf.float32)\n"
        "m.compile(loss=a_loss)\n# end"
    ),
    "a cookie and brackets": (
        "# -*- coding: utf-8 -*-\nimport tensorflow as tf\n"
        "def a_loss(y_true, y_pred):\n    'é'\n"
        "    return tf.cast((y_pred) > (.5), tf.float32)\n"
        "m.compile(loss=a_loss)\n"
    ),
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_oddly_laid_out_code_is_mended_and_keeps_the_rest_of_its_layout(text: str) -> None:
    done = mended(text)
    assert "tf.sigmoid(steepness * " in done.after
    assert done.left == ()
    first, last = text.splitlines()[0], text.splitlines()[-1]
    assert done.after.startswith(first)
    assert done.after.endswith(last) or done.after.rstrip().endswith(last.rstrip())
    assert mended(done.after).after == done.after


def test_only_exact_rewrites_are_made_when_no_others_are_wanted() -> None:
    text = "import numpy as np\n" + HEAD + BODY.format("np.abs(tf.cast(y_pred > 0.5, tf.float32))")
    done = mended(text + USE, exact_only=True)
    assert "tf.abs(tf.cast(y_pred > 0.5, tf.float32))" in done.after
    assert done.promise is Safety.EXACT
    assert [each.reason for each in done.left] == ["--exact-only: smoothing changes values"]


def test_a_gate_that_is_to_be_kept_is_left_with_that_reason() -> None:
    text = HEAD + BODY.format("tf.cast(y_pred > 0.5, tf.float32)") + USE
    done = mended(text, relaxation=Relaxation(Gate.KEEP))
    assert done.after == text
    assert [each.reason for each in done.left] == ["--gate keep"]


def test_nothing_is_smoothed_that_is_a_metric_too() -> None:
    text = HEAD + BODY.format("tf.cast(y_pred > 0.5, tf.float32)")
    done = mended(text + "model.compile(loss=a_loss, metrics=[a_loss])\n")
    assert done.steps == ()
    assert "metric" in done.left[0].reason


def test_a_finding_that_is_silenced_is_not_mended() -> None:
    def skips(text: str) -> object:
        return lambda finding: finding.code == "LF201"

    text = HEAD + BODY.format("tf.cast(y_pred > 0.5, tf.float32)") + USE
    assert mended(text, skips=skips).after == text


def test_the_parts_of_a_loss_are_mended_along_with_it() -> None:
    text = (
        "import numpy as np\n"
        + HEAD
        + "def inner(y_true, y_pred):\n    return np.abs(y_true - y_pred)\n\n\n"
        + "def part(y_true, y_pred):\n    return inner(y_true, y_pred)\n\n\n"
        + BODY.format("part(y_true, y_pred)")
        + USE
    )
    done = mended(text)
    assert "np.abs" not in done.after
    assert [step.finding.loss for step in done.steps] == ["inner"]


def test_a_text_that_is_not_python_is_one_finding_at_its_place() -> None:
    (finding,) = check("x.py", "import tensorflow\n\ndef f(:\n", Options(RULES))
    assert (finding.code, finding.span.line, finding.safety) == ("LF000", 3, Safety.MANUAL)


def test_findings_come_in_the_order_of_the_text() -> None:
    text = "import numpy as np\n" + HEAD + BODY.format("np.abs(np.square(np.exp(y_pred)))") + USE
    found: tuple[Finding, ...] = check("x.py", text, Options(RULES))
    assert list(found) == sorted(found, key=lambda each: each.span)
    assert all(each.path == "x.py" for each in found)


def test_an_import_that_a_rewrite_needs_is_added_once_where_imports_are() -> None:
    text = (
        '"""Doc."""\n\nimport numpy as np\nimport keras\n\n\n'
        "def a_loss(y_true, y_pred):\n    return np.abs(np.square(y_true - y_pred))\n\n\n"
        "model = keras.Sequential()\nmodel.compile(loss=a_loss)\n"
    )
    after = mended(text).after
    assert after.count("import tensorflow as tf\n") == 1
    assert after.index("import tensorflow") < after.index("def a_loss")


@pytest.mark.parametrize("mark", ["# %% the loss", "#%% the loss"])
def test_a_comment_that_opens_a_cell_stays_above_all_that_is_added_to_it(mark: str) -> None:
    text = HEAD + f"{mark}\n# a note\n" + BODY.format("tf.abs(y_true - y_pred)") + USE
    after = everything_mended(text)
    order = [after.index(each) for each in (mark, "def same_rank", "# a note", "@tf.")]
    assert order == sorted(order)


@pytest.mark.parametrize("gap", ["", "\n", "\n\n"])
def test_what_is_added_to_a_cell_stands_as_far_below_its_mark_as_the_loss_did(gap: str) -> None:
    text = HEAD + f"# %% the loss\n{gap}" + BODY.format("tf.abs(y_true - y_pred)") + USE
    assert f"# %% the loss\n{gap}def same_rank" in everything_mended(text)


@pytest.mark.parametrize(
    ("inner", "written", "imported"),
    [
        ("from keras import backend as K", "class ALoss(keras.losses.Loss)", "import keras\n"),
        (
            "from tensorflow.keras import backend as K",
            "class ALoss(tf.keras.losses.Loss)",
            "import tensorflow as tf\n",
        ),
    ],
)
def test_the_keras_of_a_function_s_own_imports_is_written(
    inner: str, written: str, imported: str
) -> None:
    text = (
        HEAD + f"def a_loss(y_true, y_pred):\n    {inner}\n    return K.epsilon() * y_pred\n" + USE
    )
    after = everything_mended(text)
    assert written in after
    assert imported in after
    assert inner in after


def test_a_file_that_computes_with_the_ops_of_keras_gets_those() -> None:
    text = (
        "from keras import ops\n\n\n"
        "def a_loss(y_true, y_pred):\n"
        "    return ops.mean(ops.log(1.0 + ops.exp(y_pred)) - y_true * y_pred, axis=-1)\n" + USE
    )
    after = mended(text).after
    assert "ops.mean(ops.softplus(y_pred) - y_true * y_pred, axis=-1)" in after
    assert "tensorflow" not in after
