"""Casts: the type that is cast to decides whether a gradient passes."""

from __future__ import annotations

import libcst as cst
import pytest

from lossfix.losses.code.casts import casts_to_discrete


@pytest.mark.parametrize("dtype", ["tf.float32", "'float32'", "K.floatx()", "y_true.dtype"])
def test_a_cast_to_floats_may_have_a_gradient(dtype: str) -> None:
    assert not casts_to_discrete(cast(f"tf.cast(y_pred, {dtype})"))


@pytest.mark.parametrize("dtype", ["tf.int32", "np.uint8", "bool", "np.bool_", '"int64"'])
def test_a_cast_to_integers_or_truth_values_has_none(dtype: str) -> None:
    assert casts_to_discrete(cast(f"tf.cast(y_pred, {dtype})"))
    assert casts_to_discrete(cast(f"tf.cast(y_pred, dtype={dtype})"))


def cast(code: str) -> cst.Call:
    call = cst.parse_expression(code)
    assert isinstance(call, cst.Call)
    return call
