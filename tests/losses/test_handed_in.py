"""Losses that are expressions in a function, and what they use of that function's parameters."""

from __future__ import annotations

import pytest

from lossfix.losses.discovery.discover import discover
from lossfix.losses.probing.extract import extract
from lossfix.model import Form, Subject
from lossfix.syntax.quiet import parsed

CODE = """
import tensorflow as tf


def tilted(level, y_true, y_pred):
    gap = y_true - y_pred
    return tf.reduce_mean(tf.maximum(level * gap, (level - 1.0) * gap), axis=-1)


def build(model, data, alpha, level=0.25):
    {before}
    model.compile(loss=lambda y_true, y_pred: {loss})
"""


def taken(loss: str, before: str = "print(data)") -> Subject:
    text = CODE.format(loss=loss, before=before)
    found = discover(parsed(text))
    return extract(text, next(each for each in found if each.form is Form.LAMBDA))


def run(subject: Subject) -> float:
    namespace: dict[str, object] = {"__name__": "excerpt"}
    exec(subject.source.replace("import tensorflow as tf", "tf = None"), namespace)
    maker = namespace["make_the_loss"]
    assert callable(maker)
    return float(maker()(1.0, 3.0))


@pytest.mark.parametrize(
    ("loss", "assumptions", "value"),
    [
        ("alpha * (y_true - y_pred)", ("alpha = 0.5",), -1.0),
        ("level * (y_true - y_pred)", ("level = 0.25",), -0.5),
        ("alpha * level * (y_true - y_pred)", ("alpha = 0.5", "level = 0.25"), -0.25),
        ("y_true - y_pred", (), -2.0),
    ],
)
def test_a_parameter_of_the_function_around_a_lambda_is_assumed(
    loss: str, assumptions: tuple[str, ...], value: float
) -> None:
    subject = taken(loss)
    assert subject.unverifiable == ""
    assert subject.assumptions == assumptions
    assert run(subject) == value


def test_what_a_part_is_handed_is_assumed_too() -> None:
    subject = taken("tilted(alpha, y_true, y_pred)")
    assert (subject.unverifiable, subject.assumptions) == ("", ("alpha = 0.5",))


@pytest.mark.parametrize(
    ("loss", "before", "name"),
    [
        ("alpha * (y_true - y_pred)", "alpha = data.read()", "alpha"),
        ("scale * (y_true - y_pred)", "scale = data.read()", "scale"),
        ("alpha * (y_true - y_pred)", "for alpha in data:\n        pass", "alpha"),
    ],
)
def test_what_the_function_computes_is_not(loss: str, before: str, name: str) -> None:
    assert taken(loss, before).unverifiable == f"it uses `{name}`, which is set around it"
