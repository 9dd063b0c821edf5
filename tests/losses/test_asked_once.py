"""What is asked about values does not take longer the more ways there are from one to another."""

from __future__ import annotations

import pytest

from lossfix.checking import Options, check
from lossfix.rules import RULES

LINES = 20
HEAD = "import tensorflow as tf\n\n\ndef some_loss(y_true, y_pred):\n    v0 = {first}\n"
END = f"    return tf.reduce_mean(v{LINES})\n"


@pytest.mark.parametrize(
    "first",
    ["y_pred", "tf.round(y_pred)", "y_pred > 0.5", "tf.argmax(y_pred, -1)", "tf.size(y_pred)"],
)
@pytest.mark.parametrize(
    "line",
    [
        "v{new} = v{old} * v{old} + v{old}",
        "v{new} = v{old} & v{old} | v{old}",
        "v{new} = tf.where(v{old} > 0, v{old}, -v{old})",
        "v{new} = tf.reduce_sum(v{old} * v{old}, keepdims=True) / tf.reduce_sum(v{old})",
    ],
)
def test_lines_that_each_use_the_one_before_more_than_once(first: str, line: str) -> None:
    lines = "".join(f"    {line.format(new=n + 1, old=n)}\n" for n in range(LINES))
    found = check("losses.py", HEAD.format(first=first) + lines + END, Options(RULES))
    assert found
