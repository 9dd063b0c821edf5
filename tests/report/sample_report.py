"""One report that holds everything a report can hold, and the same losses as ``check`` finds them."""

from __future__ import annotations

import json
import math

from lossfix.model import (
    Curve,
    Environment,
    FileReport,
    Finding,
    Gate,
    Outcome,
    Reach,
    Report,
    Ruling,
    Safety,
    Severity,
    Span,
    State,
    Status,
    Step,
    Verdict,
)
from lossfix.report import RulePage

DETACHED = """import numpy as np
import tensorflow as tf


def det_loss(y_true, y_pred):
    return tf.reduce_mean(np.abs(y_pred.numpy() - y_true))
"""

MENDED = """import keras
import tensorflow as tf


class DetLoss(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_pred - y_true), axis=-1)


det_loss = DetLoss()
"""

GATE = """def gate(y_true, y_pred):
\t# Strafe: größer als die Schwelle, 損失
\t損失 = tf.cast(y_pred > 0.5, "float32")
\treturn 損失
"""

SOFT_GATE = GATE.replace('tf.cast(y_pred > 0.5, "float32")', "tf.sigmoid(16.0 * (y_pred - 0.5))")

WEIRD = "def weird_loss(y_true, y_pred):\n    return np.interp(y_pred, [0, 1], [1, 0])\n"

NOTEBOOK = json.dumps(
    {
        "cells": [
            {"cell_type": "markdown", "source": ["# A notebook"]},
            {"cell_type": "code", "source": ["%matplotlib inline\n", "import tensorflow as tf"]},
            {
                "cell_type": "code",
                "source": [
                    "def f1(y_true, y_pred):\n",
                    "    p = tf.round(y_pred)\n",
                    "    return 1 - tf.reduce_sum(p * y_true)",
                ],
            },
        ],
        "nbformat": 4,
    }
)

STYLE_MODULE = "def plain(y_true, y_pred):\n    return tf.abs(y_true - y_pred) ** 3\n"

PAGES = {
    "LF101": RulePage(
        code="LF101",
        name="numpy-round-trip",
        summary="A tensor is turned into an array, and its gradient is lost.",
        text="# numpy-round-trip\n\n## What it does\n\nFinds `y_pred.numpy()` <in> a loss.\n",
        url="https://example.org/rules/numpy-round-trip",
    ),
    "LF201": RulePage("LF201", "hard-gate", "A comparison is the only path to the value."),
}


def finding(
    path: str, code: str, rule: str, severity: Severity, safety: Safety, span: Span, **more: object
) -> Finding:
    """A finding in ``loss`` with a message of its own."""
    settings = {"loss": "loss", "message": f"a case of {rule}", **more}
    return Finding(path, span, code, rule, severity, safety, **settings)  # type: ignore[arg-type]


ROUND_TRIP = finding(
    "losses.py",
    "LF101",
    "numpy-round-trip",
    Severity.ERROR,
    Safety.EXACT,
    Span(6, 33, 6, 47),
    loss="det_loss",
    message="`y_pred.numpy()` leaves the graph: no gradient reaches the model",
)
BARE = finding(
    "losses.py",
    "LF301",
    "bare-function",
    Severity.INFO,
    Safety.EXACT,
    Span(5, 1, 6, 59),
    loss="det_loss",
    message="the loss is a bare function",
)
HARD_GATE = finding(
    "maße/größe 損失.py",
    "LF201",
    "hard-gate",
    Severity.ERROR,
    Safety.RELAXED,
    Span(3, 7, 3, 38),
    loss="gate",
    message="the gate `y_pred > 0.5` is the only path: 100 % of its gradient is lost",
)
NO_TENSOR_FORM = finding(
    "losses.py",
    "LF102",
    "numpy-call",
    Severity.ERROR,
    Safety.MANUAL,
    Span(2, 12, 2, 45),
    loss="weird_loss",
    message="`np.interp` leaves the graph",
    reason="TensorFlow has no function that equals it",
)
JUMP = finding(
    "losses.py",
    "LF202",
    "jump-gate",
    Severity.WARNING,
    Safety.RELAXED,
    Span(2, 5, 2, 45),
    loss="weird_loss",
    message="the loss jumps by up to 1.5 at y_pred = 0.5:\nthe gradient cannot see this gate",
)
STYLE_ONLY = finding(
    "style.py",
    "LF301",
    "bare-function",
    Severity.INFO,
    Safety.EXACT,
    Span(1, 1, 2, 40),
    loss="plain",
    message="the loss is a bare function, that trained before: 50% less code, really",
)
IN_NOTEBOOK = finding(
    "notes/f1 score.ipynb",
    "LF203",
    "rounding",
    Severity.WARNING,
    Safety.RELAXED,
    Span(2, 9, 2, 25),
    loss="f1",
    message="`tf.round` has no slope",
    cell=3,
)


def article_curve() -> Curve:
    """A jump gate over an absolute error, and the sigmoid that smooths it."""
    places = tuple(step / 40 for step in range(41))

    def soft(p: float) -> float:
        return 1 / (1 + math.exp(-16 * (p - 0.5)))

    def slope(p: float) -> float:
        gate = soft(p)
        return -(0.5 + 1.5 * gate) + abs(p - 0.9) * 1.5 * 16 * gate * (1 - gate)

    return Curve(
        y_true=0.9,
        y_pred=places,
        before=tuple(abs(p - 0.9) * (2.0 if p > 0.5 else 0.5) for p in places),
        before_slope=tuple(None if p < 0.1 else 0.0 for p in places),
        after=tuple(abs(p - 0.9) * (0.5 + 1.5 * soft(p)) for p in places),
        after_slope=tuple(slope(p) if p != 0.9 else math.inf for p in places),
    )


FIXED = Outcome(
    path="losses.py",
    loss="det_loss",
    becomes="DetLoss",
    status=Status.FIXED,
    codes=("LF101", "LF301"),
    verdict=Verdict(
        Ruling.FIXED,
        "gradient none → alive, values equal (1e-7)",
        before=State.NONE,
        after=State.LIVE,
        reasons=("the gradient is alive where there was none",),
        family="reg",
        deviation=1.2e-8,
        seconds=1.25,
    ),
    steps=(Step(ROUND_TRIP, DETACHED, MENDED), Step(BARE, MENDED, MENDED)),
)
SMOOTHED = Outcome(
    path="maße/größe 損失.py",
    loss="gate",
    becomes="gate",
    status=Status.FIXED,
    codes=("LF201",),
    verdict=Verdict(
        Ruling.APPROXIMATED,
        "gradient none → alive, values off by 2.1 % on average, "
        "within 2 % of the jump beyond ±0.24 of the gate, steepness 16",
        before=State.NONE,
        after=State.LIVE,
        reasons=("the values approach the old ones, order 1.0",),
        notes=("half of the samples lie within 0.25 of the gate",),
        assumptions=("make_loss(alpha=0.5)",),
        family="unit",
        steepness=16.0,
        deviation=0.021,
        reach=Reach(0.02, 0.24),
        coverage=(1, 1),
        curve=article_curve(),
        seconds=2.5,
    ),
    steps=(Step(HARD_GATE, GATE, SOFT_GATE),),
    gate=Gate.SIGMOID,
)
KEPT = Outcome(
    path="losses.py",
    loss="weird_loss",
    status=Status.KEPT,
    codes=("LF202",),
    reason="after: raises InvalidArgumentError",
    verdict=Verdict(
        Ruling.STILL_BROKEN,
        "gradient jumps → raises",
        before=State.JUMPS,
        after=State.RAISES,
        deviation=math.nan,
    ),
    steps=(Step(JUMP, WEIRD, WEIRD.replace("np.interp", "tf.interp")),),
)
UNVERIFIED = Outcome(
    path="style.py", loss="plain", becomes="PlainLoss", status=Status.FIXED, verified=False
)

ENVIRONMENT = Environment("/opt/project/.venv/bin/python", "3.11.7", "2.21.0", "3.15.0", "2.3.1")


def check_report() -> Report:
    """Findings of every severity and safety, a notebook's among them, and an unreadable file."""
    texts = {
        "losses.py": WEIRD + "\n\n\n\n" + "    return tf.reduce_mean(np.abs(  y_pred.numpy()))\n",
        "maße/größe 損失.py": GATE,
        "notes/f1 score.ipynb": NOTEBOOK,
        "style.py": STYLE_MODULE,
    }
    found = (NO_TENSOR_FORM, JUMP, HARD_GATE, IN_NOTEBOOK, STYLE_ONLY)
    files = tuple(
        FileReport(
            path,
            findings=tuple(f for f in found if f.path == path),
            before=text.encode(),
            after=text.encode(),
        )
        for path, text in texts.items()
    )
    return Report(
        "check",
        "0.1.0",
        files,
        checked=14,
        unreadable=("latin.py: not UTF-8 and no coding cookie",),
        arguments=("check", "--output-format", "json", "my losses"),
    )


def fix_report(undo: str = "20261122-210301") -> Report:
    """Two losses fixed, one kept, one written unverified; without ``undo``, as under ``--diff``."""
    files = (
        FileReport(
            "losses.py",
            findings=(NO_TENSOR_FORM, JUMP),
            outcomes=(FIXED, KEPT),
            before=WEIRD.encode() + DETACHED.encode(),
            after=WEIRD.encode() + MENDED.encode(),
        ),
        FileReport(
            "maße/größe 損失.py",
            outcomes=(SMOOTHED,),
            before=GATE.encode(),
            after=SOFT_GATE.encode(),
        ),
        FileReport("style.py", outcomes=(UNVERIFIED,), before=b"a\n", after=b"b\n"),
    )
    return Report(
        "fix",
        "0.1.0",
        files,
        checked=3,
        environment=ENVIRONMENT,
        undo=undo,
        arguments=("fix", "."),
    )


def verify_report() -> Report:
    """One loss, measured as it is."""
    verdict = Verdict(
        Ruling.MEASURED, "gradient jumps, 2 gates", before=State.JUMPS, curve=article_curve()
    )
    outcome = Outcome("losses.py", "gate", Status.MEASURED, verdict=verdict)
    files = (FileReport("losses.py", outcomes=(outcome,)),)
    return Report("verify", "0.1.0", files, checked=1, environment=ENVIRONMENT)
