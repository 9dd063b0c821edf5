"""Python functions that are wrapped into the graph."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

from lossfix import rules

RULES = ("python-function", "numpy-round-trip", "numpy-call")


def test_a_lambda_is_written_out_where_it_was_wrapped() -> None:
    before = lines("""
        def some_loss(y_true, y_pred):
            return tf.py_function(
                lambda a, b: np.mean(np.square(a.numpy() - b)), [y_true, y_pred], tf.float32
            )
    """)
    assert rewritten(before, *RULES) == lines("""
        def some_loss(y_true, y_pred):
            return tf.reduce_mean(tf.square(y_true - y_pred))
    """)


def test_a_function_of_several_lines_is_called_and_becomes_a_part_of_the_loss() -> None:
    before = lines("""
        def overlap(t, p):
            both = np.sum(t * p)
            return np.float32(1.0 - both / np.sum(t + p))


        def some_loss(y_true, y_pred):
            return tf.numpy_function(overlap, [y_true, y_pred], tf.float32)
    """)
    assert rewritten(before, *RULES) == lines("""
        def overlap(t, p):
            both = tf.reduce_sum(t * p)
            return 1.0 - both / tf.reduce_sum(t + p)


        def some_loss(y_true, y_pred):
            return overlap(y_true, y_pred)
    """)


def test_another_result_type_stays() -> None:
    before = lines("""
        def some_loss(y_true, y_pred):
            return tf.py_function(func=lambda a, b: a - b, inp=[y_true, y_pred], Tout=tf.float16)
    """)
    assert "return tf.cast(y_true - y_pred, tf.float16)" in rewritten(before, *RULES)


def test_an_operand_is_bracketed_where_it_is_written_out() -> None:
    before = lines("""
        def some_loss(y_true, y_pred):
            return tf.py_function(lambda e: 2.0 * e, [y_true - y_pred], tf.float32)
    """)
    assert "return 2.0 * (y_true - y_pred)" in rewritten(before, *RULES)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("tf.numpy_function(solver.solve, [y_true, y_pred], tf.float32)", "not a function of this"),
        ("tf.numpy_function(unknown, [y_true, y_pred], tf.float32)", "not a function of this file"),
        ("tf.py_function(lambda a, b: (a, b), [y_true, y_pred], [tf.float32] * 2)", "several"),
        ("tf.py_function(lambda *a: a[0], [y_true, y_pred], tf.float32)", "one by one"),
        ("tf.py_function(lambda a, b: a, inputs, tf.float32) * y_pred", None),
        ("tf.py_function(lambda e: e * e, [tf.abs(y_true - y_pred)], tf.float32)", "name it first"),
        (
            "tf.py_function(lambda a, b: [x for x in a], [y_true, y_pred], tf.float32)",
            "binds names",
        ),
        ("tf.numpy_function(logged, [y_true, y_pred], tf.float32)", "effects"),
        ("tf.numpy_function(shared, [y_true, y_pred], tf.float32)", "used elsewhere"),
        ("tf.numpy_function(opaque, [y_true, y_pred], tf.float32)", "itself"),
    ],
)
def test_what_cannot_be_written_out_is_left_as_it_is(call: str, reason: str | None) -> None:
    source = lines("""
        def logged(t, p):
            print(t)
            return np.mean(t - p)


        def shared(t, p):
            error = np.abs(t - p)
            return np.mean(error)


        def opaque(a, b):
            error = np.abs(a - b)
            return np.mean(error)


        BASELINE = shared(np.zeros(3), np.ones(3))
    """) + f"\n\ndef some_loss(y_true, y_pred):\n    return {call}\n"
    assert rewritten(source, *RULES) == source
    found = findings(source, "python-function")
    assert (reason is None) == (not found)
    assert all((reason or "") in finding.reason for finding in found)


def test_a_gradient_of_its_own_is_left_alone() -> None:
    source = lines("""
        @tf.custom_gradient
        def some_loss(y_true, y_pred):
            value = tf.numpy_function(lambda a, b: np.mean(a - b), [y_true, y_pred], tf.float32)

            def gradient(upstream):
                return None, upstream * tf.sign(y_pred)

            return value, gradient
    """)
    assert findings(source, "python-function") == ()


def test_targets_may_be_prepared_outside_of_the_graph() -> None:
    source = lines("""
        def some_loss(y_true, y_pred):
            edges = tf.numpy_function(lambda a: np.diff(a), [y_true], tf.float32)
            return tf.reduce_mean(edges * y_pred)
    """)
    assert findings(source, "python-function") == ()


def test_what_runs_as_plain_python_is_found_for_that_alone() -> None:
    source = """
        def cost_loss(y_true, y_pred):
            def by_hand(t, p):
                t, p = t.numpy(), p.numpy()
                total = 0.0
                for n in range(t.shape[0]):
                    if t[n] != 255:
                        total -= np.log(p[n])
                print(total)
                return total
            return tf.py_function(by_hand, [y_true, y_pred], tf.float32)
    """
    everything = [rule.name for rule in rules.RULES if rule.code.startswith("LF1")]
    (finding,) = findings(source, *everything)
    assert finding.rule == "python-function"
    assert "by_hand" in finding.reason


def test_a_method_is_called_a_method() -> None:
    source = """
        class CostLoss(tf.keras.losses.Loss):
            def by_hand(self, t, p):
                return np.abs(t - p)
            def call(self, y_true, y_pred):
                return tf.numpy_function(self.by_hand, [y_true, y_pred], tf.float32)
    """
    (finding,) = findings(source, "python-function")
    assert finding.reason == "`self.by_hand` is a method"


def test_what_is_only_shown_may_be_computed_outside_of_the_graph() -> None:
    code = lines("""
        def describe(values):
            print(float(np.mean(values)))


        def some_loss(y_true, y_pred):
            tf.py_function(describe, [y_pred], [])
            return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)
    """)
    assert findings(code, *RULES) == ()


SHAPED = {
    "a mean over all beside a live term": """
        overlap = tf.py_function(measured, [y_true, y_pred], tf.float32)
        return tf.reduce_mean(tf.abs(y_true - y_pred)) + tf.reduce_mean(overlap)
        """,
    "a mean of what is made of it": """
        return tf.reduce_mean(1.0 - tf.py_function(measured, [y_true, y_pred], tf.float32))
        """,
    "what is told its shape": """
        overlap = tf.py_function(measured, [y_true, y_pred], tf.float32)
        overlap.set_shape([])
        return 1.0 - overlap
        """,
    "what is given another shape": """
        overlap = tf.py_function(measured, [y_true, y_pred], tf.float32)
        return tf.ensure_shape(overlap, [None])
        """,
}


@pytest.mark.parametrize("body", SHAPED.values(), ids=SHAPED.keys())
@pytest.mark.parametrize(
    ("inner", "severity", "said"),
    [
        ("tf.reduce_mean(tf.abs(a - b))", "warning", "XLA cannot compile it"),
        ("np.float32(np.abs(a - b).mean())", "error", "NumPy"),
        ("tf.reduce_mean(tf.abs(a.numpy() - b))", "error", "NumPy"),
    ],
)
def test_what_gets_a_shape_raises_only_where_numpy_computes(
    body: str, inner: str, severity: str, said: str
) -> None:
    source = f"def measured(a, b):\n    return {inner}\n\n\ndef some_loss(y_true, y_pred):\n    "
    source += lines(body).replace("\n", "\n    ").rstrip()
    (finding,) = findings(source, "python-function")
    assert (finding.severity.value, said in finding.message) == (severity, True)
    assert "without a shape" not in finding.message or said == "NumPy"


@pytest.mark.parametrize(
    "value",
    [
        "tf.py_function(measured, [y_true, y_pred], tf.float32)",
        "tf.reduce_mean(tf.py_function(measured, [y_true, y_pred], tf.float32), axis=-1)",
        "tf.reduce_mean(y_pred) + tf.py_function(measured, [y_true, y_pred], tf.float32)",
    ],
)
def test_what_has_no_shape_raises(value: str) -> None:
    source = f"def some_loss(y_true, y_pred):\n    return {value}\n"
    (finding,) = findings(source, "python-function")
    assert (finding.severity.value, "fit raises" in finding.message) == ("error", True)
