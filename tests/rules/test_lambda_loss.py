"""A loss that is an expression gets a name, and is looked at like any other from there on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from program import lossfix
from rewriting import _IMPORTS, findings, lines, rewritten

from lossfix.model import Finding

LEFT = {
    "a metric": "model.compile('adam', 'mse', metrics=[lambda a, b: a - b])",
    "a schedule": "model.compile(optimizer=make(lambda step: 0.1), loss='mse')",
    "what a factory is given": "model.compile(loss=make_loss(lambda x: x))",
    "the output is the loss": "model.compile(loss={'ctc': lambda y_true, y_pred: y_pred})",
    "no compile": "loss = lambda y_true, y_pred: y_true - y_pred",
    "a step's": "opt.minimize(loss=lambda: 1.0)",
    "no pair": "model.compile(loss=lambda *both: both[0] - both[1])",
    "a pattern": "re.compile('a', lambda a, b: a - b)",
    "several values": "model.compile(loss=lambda a, b: (a, b))",
    "another framework": "import torch\nmodel.compile(loss=lambda a, b: torch.mean(a - b))",
    "keywords alone": """
        import functools
        def gap(y_true, y_pred, power=2.0):
            return tf.abs(y_true - y_pred) ** power
        model.compile(loss=functools.partial(gap, power=3.0))
    """,
    "arguments that are not spelled out": """
        from functools import partial
        def gap(power, y_true, y_pred):
            return tf.abs(y_true - y_pred) ** power
        model.compile(loss=partial(gap, *given))
    """,
}


@pytest.mark.parametrize("source", LEFT.values(), ids=LEFT.keys())
def test_what_is_no_loss_or_has_a_name_is_left(source: str) -> None:
    assert findings(source, "lambda-loss") == ()


KEPT = {
    "all that a function of a name does": (
        "model.compile(loss=lambda a, b: tf.keras.losses.binary_crossentropy(a, b))",
        "`tf.keras.losses.binary_crossentropy` takes and gives the same",
    ),
    "a parameter of the function around it": (
        "def build(model, w):\n    model.compile(loss=lambda a, b: w * tf.abs(a - b))",
        "it uses `w`, which is set around it",
    ),
    "a local": (
        "def build(model):\n    w = 2.0\n    model.compile(loss=lambda a, b: w * tf.abs(a - b))",
        "it uses `w`",
    ),
    "an import of the function": (
        "def build(model):\n    import keras\n    model.compile(loss=lambda a, b: keras.ops.abs(a - b))",
        "it uses `keras`",
    ),
    "the instance": (
        "class A:\n    def go(self, m):\n        m.compile(loss=lambda a, b: self.w * (a - b) ** 2)",
        "it uses `self`",
    ),
    "the variable of a loop": (
        "for q in (0.1, 0.9):\n    model.compile(loss=lambda a, b: q * tf.abs(a - b))",
        "it uses `q`",
    ),
    "one that is kept": (
        "for q in (0.1, 0.9):\n    model.compile(loss=lambda a, b, q=q: q * tf.abs(a - b))",
        "`q` is set where it stands",
    ),
    "a comprehension": (
        "losses = [lambda a, b: q * (a - b) ** 2 for q in (1, 2)]\nmodel.compile(loss=losses[0])",
        None,
    ),
    "a metric too": (
        "gap = lambda a, b: tf.abs(a - b)\nmodel.compile(loss=gap, metrics=[gap])",
        "it is a metric too",
    ),
    "a partial application of what is around it": (
        """
        from functools import partial
        def gap(power, y_true, y_pred):
            return tf.abs(y_true - y_pred) ** power
        def build(model, power):
            model.compile(loss=partial(gap, power))
        """,
        "it uses `power`",
    ),
}


@pytest.mark.parametrize(("source", "reason"), KEPT.values(), ids=KEPT.keys())
def test_what_a_function_of_the_module_would_not_see_is_told(
    source: str, reason: str | None
) -> None:
    found = findings(source, "lambda-loss")
    assert [each.reason.startswith(reason or "") for each in found] == [True] * (reason is not None)
    assert rewritten(source, "lambda-loss") == lines(source)


TRACED = {
    "by itself": ("model.compile(loss=lambda a, b: a - b)", "info"),
    "in its place": ("model.compile('adam', lambda a, b: a - b)", "info"),
    "by a name": ("gap = lambda a, b: a - b\nmodel.compile(loss=gap)", "info"),
    "traced": ("model.compile(loss=tf.function(lambda a, b: a - b))", "error"),
    "traced by a name": (
        "gap = tf.function(lambda a, b: a - b)\nmodel.compile('sgd', gap)",
        "error",
    ),
}


@pytest.mark.parametrize(("source", "severity"), TRACED.values(), ids=TRACED.keys())
def test_one_that_is_traced_does_not_run(source: str, severity: str) -> None:
    (finding,) = findings(source, "lambda-loss")
    assert finding.severity == severity
    assert not finding.reason


def test_a_name_of_the_module_is_kept_with_its_comments() -> None:
    source = """
        # distance
        gap = lambda a, b: tf.abs(a - b)  # noqa: E731
        model = build()
        model.compile(loss=gap)
    """
    assert rewritten(source, "lambda-loss") == lines("""
        # distance
        def gap(a, b):
            return tf.abs(a - b)  # noqa: E731


        model = build()
        model.compile(loss=gap)
    """)


def test_the_function_stands_above_the_statement_and_is_called_after_its_output() -> None:
    source = """
        def build(model):
            model.compile(
                loss={
                    "box": lambda a, b: tf.reduce_mean(
                        tf.abs(a - b)
                    ),
                    "box_loss": "mse",
                }
            )
    """
    assert rewritten(source, "lambda-loss") == lines("""
        def box_loss(a, b):
            return tf.reduce_mean(
                        tf.abs(a - b)
                    )


        def build(model):
            model.compile(
                loss={
                    "box": box_loss,
                    "box_loss": "mse",
                }
            )
    """)


def test_a_factory_returns_a_function_of_its_own() -> None:
    source = """
        def pinball(q):
            # tilted
            return lambda a, b: tf.maximum(q * (a - b), (q - 1) * (a - b))


        model.compile(loss=pinball(0.9))
    """
    assert rewritten(source, "lambda-loss") == lines("""
        def pinball(q):
            # tilted
            def pinball_loss(a, b):
                return tf.maximum(q * (a - b), (q - 1) * (a - b))

            return pinball_loss


        model.compile(loss=pinball(0.9))
    """)
    assert "class PinballLoss(tf.keras.losses.Loss):" in rewritten(source, "lambda-loss", "closure")


def test_what_is_bound_by_position_is_handed_on() -> None:
    source = """
        from functools import partial


        def quantile(q, power, y_true, y_pred, scale=1.0):
            return scale * q * tf.abs(y_true - y_pred) ** power


        model.compile(loss=partial(quantile, 0.9, 2, scale=3.0))
    """
    after = rewritten(source, "lambda-loss")
    assert lines("""
        def quantile_loss(y_true, y_pred, q=0.9, power=2, scale=3.0):
            return quantile(q, power, y_true, y_pred, scale=scale)
    """) in after
    assert "model.compile(loss=quantile_loss)" in after


def test_two_lambdas_of_one_file_have_two_names() -> None:
    source = """
        model.compile(loss=[lambda a, b: tf.abs(a - b), lambda a, b: tf.square(a - b)])
    """
    after = rewritten(source, "lambda-loss")
    assert "model.compile(loss=[custom_loss, custom_loss_2])" in after
    assert "def custom_loss_2(a, b):\n    return tf.square(a - b)\n" in after
    assert rewritten(after, "lambda-loss") == after


def test_a_lambda_is_mended_as_a_function() -> None:
    source = "model.compile(loss=lambda a, b: np.mean(np.square(a - b)))"
    after = rewritten(source, "lambda-loss", "numpy-call", "bare-function")
    assert "tf.reduce_mean(tf.square(a - b)" in after
    assert "class CustomLoss(tf.keras.losses.Loss):" in after
    assert "model.compile(loss=custom_loss)" in after


LOSSES = """
import tensorflow as tf

gap = lambda a, b: tf.abs(a - b)


def gated(y_true, y_pred, floor):
    return tf.maximum(tf.abs(y_true - y_pred), floor)
"""
TRAIN = """
from functools import partial

import losses
import tensorflow as tf
from losses import gap, gated


def build(model):
    model.compile(loss=gap)
    model.compile(loss=lambda a, b: gated(a, b, 0.1))
    model.compile(loss=partial(losses.gated, floor=0.2))
"""


def test_what_another_file_compiles_is_one_too(tmp_path: Path) -> None:
    (tmp_path / "losses.py").write_text(LOSSES.lstrip())
    (tmp_path / "train.py").write_text(TRAIN.lstrip())
    lossfix("fix", "--no-verify", "--select", "LF318", ".", at=tmp_path)
    assert "def gap(a, b):\n    return tf.abs(a - b)\n" in (tmp_path / "losses.py").read_text()
    train = (tmp_path / "train.py").read_text()
    assert "def gated_loss(a, b):\n    return gated(a, b, 0.1)\n" in train
    # What a function of another file calls its parameters, a keyword alone says.
    assert (
        "(y_true, y_pred, floor=0.2):\n    return losses.gated(y_true, y_pred, floor=floor)\n"
        in train
    )
    assert "model.compile(loss=custom_loss)" in train


def test_the_first_cell_that_compiles_one_gets_its_function(tmp_path: Path) -> None:
    cells = ["import tensorflow as tf", "%time\nmodel.compile('adam', lambda a, b: a - b)"]
    path = tmp_path / "train.ipynb"
    path.write_text(
        json.dumps(
            {
                "cells": [
                    {"cell_type": "code", "metadata": {}, "outputs": [], "source": each}
                    for each in cells
                ],
                "metadata": {},
                "nbformat": 4,
                "nbformat_minor": 5,
            }
        )
    )
    lossfix("fix", "--no-verify", "--select", "LF318", str(path), at=tmp_path)
    first, second = (each["source"] for each in json.loads(path.read_text())["cells"])
    assert first == cells[0]
    assert second.startswith("%time\n")
    assert "def custom_loss(a, b):\n    return a - b\n" in second
    assert second.endswith("model.compile('adam', custom_loss)")


INSIDE = {
    "by itself": "model.compile(loss=lambda a, b: np.mean(tf.square(a - b)))",
    "traced": "model.compile(loss=tf.function(lambda a, b: np.mean(tf.square(a - b))))",
    "by a name": "gap = lambda a, b: 1.0 + np.mean(tf.square(a - b))\nmodel.compile(loss=gap)",
    "over lines": "model.compile(\n  loss=lambda a, b:\n  1.0\n  + np.mean(tf.square(a - b))\n)",
    "in brackets": "model.compile(loss=lambda a, b: (\n  1.0\n  + np.mean(tf.square(a - b))\n))",
    "of a factory": """
        def make(q):
            return lambda a, b: q * np.mean(tf.square(a - b))
        model.compile(loss=make(2.0))
    """,
}


@pytest.mark.parametrize("source", INSIDE.values(), ids=INSIDE.keys())
def test_what_is_wrong_inside_is_told_where_it_stands(source: str) -> None:
    inside, *_ = (
        each for each in findings(source, "numpy-call", "lambda-loss") if not _names(each)
    )
    text = (_IMPORTS + lines(source)).split("\n")
    assert inside.span.line == inside.span.end_line
    line = text[inside.span.line - 1]
    code = line[inside.span.column - 1 : inside.span.end_column - 1]
    assert code == "np.mean(tf.square(a - b))"
    assert not inside.reason
    (alone,) = findings(source, "numpy-call")
    assert "LF318" in alone.reason


def test_what_is_wrong_in_one_that_stays_is_told_and_stays() -> None:
    source = "def build(w):\n    model.compile(loss=lambda a, b: w * np.mean(a - b))\n"
    found = findings(source, "numpy-call", "lambda-loss")
    assert [(each.code, bool(each.reason)) for each in found] == [("LF318", True), ("LF102", True)]


def _names(finding: Finding) -> bool:
    return finding.code == "LF318"


GAP = "def gap(y_true, y_pred, power, mode='l1'):\n    return tf.abs(y_true - y_pred) ** power\n"
NAMED = {
    "gap(a, b, 2.0)": "def gap_loss(a, b, power=2.0):\n    return gap(a, b, power)\n",
    "gap(a, b, -1, 'l2')": (
        "def gap_loss(a, b, power=-1, mode='l2'):\n    return gap(a, b, power, mode)\n"
    ),
    "gap(a, b, power=3)": "def gap_loss(a, b, power=3):\n    return gap(a, b, power=power)\n",
}


@pytest.mark.parametrize(("call", "after"), NAMED.items())
def test_constants_are_called_what_the_function_calls_them(call: str, after: str) -> None:
    assert after in rewritten(f"{GAP}model.compile(loss=lambda a, b: {call})\n", "lambda-loss")


UNNAMED = {
    "something is computed of them": ("lambda a, b: 2.0 * gap(a, b, 3.0)", GAP),
    "a library's": ("lambda a, b: tf.reduce_mean(a - b, axis=-1)", GAP),
    "a name that is taken": ("lambda power, b: gap(power, b, 3.0)", GAP),
    "a name of Keras": (
        "lambda a, b: gap(a, b, 3.0)",
        "def gap(a, b, reduction):\n    return tf.abs(a - b) ** reduction\n",
    ),
    "a name that is read": (
        "lambda a, b: gap(a, b - power, 3.0)",
        f"power = 1.0\n{GAP}",
    ),
    "no constant": ("lambda a, b: gap(a, b, [1.0])", GAP),
    "two functions of that name": ("lambda a, b: gap(a, b, 3.0)", GAP + GAP),
}


@pytest.mark.parametrize(("loss", "before"), UNNAMED.values(), ids=UNNAMED.keys())
def test_constants_stay_where_they_have_no_name(loss: str, before: str) -> None:
    after = rewritten(f"{before}model.compile(loss={loss})\n", "lambda-loss")
    assert f"return {loss.partition(': ')[2]}\n" in after
