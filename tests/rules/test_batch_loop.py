"""Loops over the samples of a batch."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

RULE = "batch-loop"


def loss(body: str) -> str:
    shown = "".join(f"    {line}\n" if line else "\n" for line in lines(body).splitlines())
    return f"def some_loss(y_true, y_pred, alpha=2.0, classes=3):\n{shown}"


ZIP = "for t, p in zip(y_true, y_pred):\n    "


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "total = 0.0\n" + ZIP + "total += tf.reduce_sum(tf.abs(t - p))\nreturn total",
            "total = tf.reduce_sum(tf.abs(y_true - y_pred))\nreturn total",
        ),
        (
            "total = 1.0\n" + ZIP + "total = total + tf.reduce_sum(t - p)\nreturn total",
            "total = 1.0\ntotal += tf.reduce_sum(y_true - y_pred)\nreturn total",
        ),
        (
            "total = 0.0\nn = 0\n" + ZIP + "total += tf.abs(t - p)\n    n += 1\nreturn total / n",
            "total = tf.reduce_sum(tf.abs(y_true - y_pred), axis=0)\n"
            "n = tf.cast(tf.shape(y_true)[0], y_pred.dtype)\nreturn total / n",
        ),
        (
            "rows = []\nfor i in range(len(y_pred)):\n"
            "    rows.append(tf.reduce_mean(y_pred[i] * y_true[i], axis=-1))\nreturn tf.stack(rows)",
            "rows = tf.reduce_mean(y_pred * y_true, axis=-1)\nreturn rows",
        ),
        (
            "total = 0.0\nfor i in range(0, len(y_true)):\n"
            "    total += tf.abs(y_pred[i] - y_true[i])\nreturn total",
            "total = tf.reduce_sum(tf.abs(y_pred - y_true), axis=0)\nreturn total",
        ),
        (
            "total = 0.0\nfor i in range(0, y_pred.shape[0], 1):\n"
            "    total += tf.abs(y_pred[i] - y_true[i])\nreturn total",
            "total = tf.reduce_sum(tf.abs(y_pred - y_true), axis=0)\nreturn total",
        ),
        (
            "total = 0.0\nn = tf.shape(y_pred)[0]\nfor i in tf.range(n):\n"
            "    e = y_true[i] - y_pred[i]\n    total += tf.reduce_sum(e * e)\nreturn total",
            "n = tf.shape(y_pred)[0]\ne = y_true - y_pred\n"
            "total = tf.reduce_sum(e * e)\nreturn total",
        ),
        (
            "total = 0.0\n" + ZIP + "total += tf.abs(t[0] - p[0])\nreturn total",
            "total = tf.reduce_sum(tf.abs(y_true[:, 0] - y_pred[:, 0]), axis=0)\nreturn total",
        ),
        (
            "total = 0.0\n" + ZIP + "total += tf.reduce_sum(p - tf.reduce_mean(p))\nreturn total",
            "total = tf.reduce_sum(tf.map_fn(lambda row: tf.reduce_sum(row - tf.reduce_mean(row)), "
            "y_pred, fn_output_signature=y_pred.dtype), axis=0)\nreturn total",
        ),
        (
            "total = 0.0\nfor i in range(y_pred.shape[0]):\n"
            "    total += tf.reduce_sum(tf.abs(y_true[i, ...] - y_pred[i, :]))\nreturn total",
            "total = tf.reduce_sum(tf.abs(y_true - y_pred))\nreturn total",
        ),
        (
            "return sum(tf.reduce_sum(tf.abs(t - p)) for t, p in zip(y_true, y_pred))",
            "return tf.reduce_sum(tf.abs(y_true - y_pred))",
        ),
        (
            "return tf.stack([tf.reduce_max(p, axis=-1) for p in y_pred])",
            "return tf.reduce_max(y_pred, axis=-1)",
        ),
        (
            "rows = [tf.abs(t - p) for t, p in zip(y_true, y_pred)]\nreturn tf.reduce_mean(rows)",
            "rows = tf.abs(y_true - y_pred)\nreturn tf.reduce_mean(rows)",
        ),
    ],
)
def test_a_loop_that_adds_up_or_collects_goes(before: str, after: str) -> None:
    assert rewritten(loss(before), RULE) == loss(after)


@pytest.mark.parametrize(
    "body",
    [
        "total = 0.0\nfor c in range(classes):\n    total += y_pred[..., c]\nreturn total",
        "total = 0.0\nfor c in range(3):\n    total += y_pred[c]\nreturn total",
        "total = 0.0\nfor c in range(y_pred.shape[-1]):\n    total += y_pred[:, c]\nreturn total",
        "total = 0.0\nfor c in range(len(WEIGHTS)):\n    total += WEIGHTS[c] * y_pred\nreturn total",
        "total = 0.0\nfor i in range(1, len(y_pred)):\n    total += y_pred[i] - y_pred[i - 1]\nreturn total",
        "total = 0.0\nfor i in range(0, len(y_pred), 2):\n    total += y_pred[i]\nreturn total",
        "total = 0.0\nfor w in WEIGHTS:\n    total += w * y_pred\nreturn total",
        "total = 0.0\nfor part in tf.split(y_pred, 3, -1):\n    total += part\nreturn total",
        "total = 0.0\nfor part in tf.unstack(y_pred, axis=-1):\n    total += part\nreturn total",
        "total = 0.0\nfor w, c in zip(WEIGHTS, range(3)):\n    total += w * y_pred[..., c]\nreturn total",
        "parts = [y_true, y_pred]\ntotal = 0.0\nfor part in parts:\n    total += part\nreturn total",
        "total = 0.0\nfor key in y_pred:\n    total += WEIGHTS\nreturn total * y_pred",
        "return tf.add_n([w * y_pred for w in WEIGHTS])",
        "return tf.add_n([y_pred[..., c] for c in range(3)])",
        "for step in range(3):\n    y_pred = y_pred - step\nreturn y_pred",
        "return tf.map_fn(lambda p: tf.reduce_sum(p), y_pred)",
        "n = 0\nwhile n < len(WEIGHTS):\n    y_pred = WEIGHTS[n] * y_pred\n    n += 1\nreturn y_pred",
        "n = 0\nwhile n < y_pred.shape[-1]:\n    n += 1\nreturn n * y_pred",
    ],
)
def test_loops_over_classes_and_parts_are_never_touched(body: str) -> None:
    assert findings(loss(body), RULE) == ()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (ZIP + "print(t - p)\nreturn y_pred", "more than add up"),
        ("last = 0.0\n" + ZIP + "last = last * 0.9 + p\nreturn last", "from one sample"),
        ("total = 0.0\n" + ZIP + "if t > 0:\n        total += p\nreturn total", "more than add"),
        ("total = 0.0\n" + ZIP + "total += own(t, p)\nreturn total", "not known to be element"),
        (
            "total = 0.0\n" + ZIP + "e = p\n    total += tf.reduce_sum(p)\nreturn total + e",
            "outside",
        ),
        ("rows = []\n" + ZIP + "rows.append(t - p)\nreturn rows", "as a list"),
        ("rows = []\n" + ZIP + "rows.append(t - p)\nreturn tf.concat(rows, 0)", "as a list"),
        ("rows = [y_pred]\n" + ZIP + "rows.append(t - p)\nreturn tf.stack(rows)", "empty list"),
        ("total = 0.0\n" + ZIP + "total += alpha\nreturn total * y_pred", "no samples"),
        (
            "total = 0.0\nfor i in range(len(y_pred)):\n    total += i * y_pred[i]\nreturn total",
            "more than to pick",
        ),
        (
            "n, s = 0, 0.0\nwhile n < len(y_pred):\n    s += y_pred[n]\n    n += 1\nreturn s",
            "for all samples",
        ),
        ("return [t - p for t, p in zip(y_true, y_pred)]", "as a list"),
        ("return sum(t for t, p in zip(y_true, y_pred) if own(p))", "leaves samples out"),
        ("rows = {1: t for t in y_pred}\nreturn tf.add_n(list(rows.values()))", "no list"),
        ("total = 0.0\n" + ZIP + "total += p\nelse:\n    total = 1.0\nreturn total", "else"),
    ],
)
def test_any_other_loop_over_samples_is_reported(body: str, reason: str) -> None:
    found = findings(loss(body), RULE)
    if reason == "no samples":
        assert found == ()
        return
    assert any(reason in finding.reason for finding in found)
    assert rewritten(loss(body), RULE) == loss(body)


def test_samples_may_be_counted() -> None:
    added = "total += tf.reduce_sum(tf.abs(p - y_true[i]))"
    before = f"total = 0.0\nfor i, p in enumerate(y_pred):\n    {added}\nreturn total"
    after = "total = tf.reduce_sum(tf.abs(y_pred - y_true))\nreturn total"
    assert rewritten(loss(before), RULE) == loss(after)


def test_samples_that_are_unstacked_under_a_name_are_reported() -> None:
    body = "ps = tf.unstack(y_pred)\nreturn tf.add_n([tf.reduce_sum(p) for p in ps])"
    (finding,) = findings(loss(body), RULE)
    assert "tf.unstack" in finding.reason


def test_parts_along_another_axis_are_no_samples() -> None:
    body = "parts = tf.unstack(y_pred, axis=-1)\nreturn tf.add_n([tf.square(p) for p in parts])"
    assert findings(loss(body), RULE) == ()


def test_a_list_of_outputs_may_be_looped_over() -> None:
    source = lines("""
        class Detector:
            def box_loss(self, targets, outputs):
                total = 0.0
                for t, o in zip(targets, outputs):
                    total += tf.reduce_sum(tf.abs(t - o))
                return total
    """)
    assert findings(source, RULE) == ()


@pytest.mark.parametrize(
    "body",
    [
        "return tf.add_n([gap(y_true, scale) for scale in y_pred])",
        "return sum(gap(y_true, scale) for scale in y_pred)",
        "total = 0.0\nfor number, scale in enumerate(y_pred):\n    total += gap(y_true, scale)\nreturn total",
        "return sum(gap(y_true, y) * tf.reduce_mean(y_true[i]) for i, y in enumerate(y_pred))",
    ],
)
def test_outputs_that_are_each_held_against_all_targets_are_no_samples(body: str) -> None:
    source = "gap = tf.keras.losses.MeanSquaredError()\n\n\n" + loss(body)
    assert findings(source, RULE) == ()


SEVERAL_TENSORS = {
    "targets that are taken apart": """
        def flow_loss(y_true, y_pred, decay=0.7):
            flow, known = y_true
            steps = len(y_pred)
            total = 0.0
            for step in range(steps):
                total += decay ** (steps - step) * tf.reduce_mean(known * tf.abs(y_pred[step] - flow))
            return total
        """,
    "a dictionary that is looked up by its key": """
        def depth_loss(y_true, y_pred):
            total = 0.0
            for number, scale in enumerate(y_pred["scales"]):
                total += tf.reduce_mean(tf.abs(scale - y_true["depth"])) / (number + 1)
            return total
        """,
    "a key that the factory takes": """
        def layer_loss(column="logits"):
            def joint_loss(y_true, y_pred):
                total = 0.0
                for layer in y_pred[column]:
                    total += tf.reduce_mean(tf.square(layer))
                return total
            return joint_loss
        """,
    "what is asked whether it is a list": """
        def pyramid_loss(y_true, y_pred):
            if not isinstance(y_pred, (list, tuple)):
                y_pred = [y_pred]
            return tf.add_n([tf.reduce_mean(each) for each in y_pred])
        """,
    "what is called a dictionary": """
        def part_loss(true_dict, pred_dict):
            return tf.add_n([tf.reduce_mean(each) for each in pred_dict])
        """,
}


@pytest.mark.parametrize("source", SEVERAL_TENSORS.values(), ids=SEVERAL_TENSORS.keys())
def test_several_tensors_have_no_samples(source: str) -> None:
    assert findings(source, RULE) == ()


@pytest.mark.parametrize(
    "line",
    [
        "mean, spread = tf.split(y_true, 2, axis=-1)",
        "mean, spread = y_true[..., 0], y_true[..., 1]",
        "assert isinstance(y_true, tf.Tensor)",
        "first = y_pred[column]",
        "if isinstance(y_true, list): y_true = y_true[-1]",
    ],
)
def test_one_tensor_has_samples_whatever_is_made_of_it(line: str) -> None:
    body = (
        f"{line}\ntotal = 0.0\nfor each in y_pred:\n    total += tf.reduce_sum(each)\nreturn total"
    )
    assert len(findings("column = 1\n\n\n" + loss(body), RULE)) == 1


def test_what_tf_function_converts_by_itself_is_left_alone() -> None:
    source = "@tf.function\n" + loss("total = 0.0\n" + ZIP + "total += tf.abs(t - p)\nreturn total")
    assert findings(source, RULE) == ()


def test_a_list_of_tensors_may_be_handed_to_a_part() -> None:
    part = (
        "def checked(xs, scale):\n    for x in xs:\n        tf.debugging.assert_all_finite(x, 'x')\n"
        "    return scale\n\n\n"
    )
    whole = (
        "def some_loss(y_true, y_pred):\n    return checked([y_true, y_pred], y_pred - y_true)\n"
    )
    assert findings(part + whole, RULE) == ()
