"""Parts of a loss that stay in single precision are told from those that do not."""

from __future__ import annotations

import pytest

from lossfix.verify.probe.families import BY_NAME
from lossfix.verify.probe.job import SubjectSource
from lossfix.verify.probe.numeric import lift, objective
from lossfix.verify.probe.rounding import rounds
from lossfix.verify.probe.subject import Failure, load

IMPORTS = "import numpy as np\nimport tensorflow as tf\n"


@pytest.mark.parametrize(
    ("body", "single"),
    [
        ("tf.reduce_mean(0.3 * tf.abs(y_true - y_pred))", False),
        ("tf.reduce_mean(tf.constant([0.1, 0.7, 1.3]) * tf.abs(y_true - y_pred))", False),
        ("tf.reduce_mean(np.float32(0.3) * tf.abs(y_true - y_pred))", False),
        ("tf.reduce_mean(tf.cast(y_true > 0.5, tf.float32) * tf.abs(y_true - y_pred))", False),
        ("tf.reduce_mean(np.array([0.5, 3.0, 7.125], 'f4') * tf.abs(y_true - y_pred))", False),
        ("tf.reduce_mean(np.array([0.1, 0.7, 1.3], 'f4') * tf.abs(y_true - y_pred))", True),
        ("tf.reduce_mean(float(np.array(0.3, 'f4')) * tf.abs(y_true - y_pred))", True),
    ],
)
def test_a_constant_of_single_precision_is_seen(body, single, tmp_path):
    source = SubjectSource(f"{IMPORTS}def loss(y_true, y_pred):\n    return {body}\n", "loss")
    candidate = load(source, str(tmp_path), "loss.py")
    assert not isinstance(candidate, Failure), candidate
    batch = BY_NAME["reg_vec3"].batches(0, 1)[0]
    wide = lift(source, str(tmp_path), "wide.py", objective(candidate), batch)
    assert wide is not None
    assert rounds(wide, batch) is single
