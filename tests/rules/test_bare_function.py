"""A function becomes a class where that changes nothing for anyone who uses it, and nowhere else."""

from __future__ import annotations

import pytest
from rewriting import findings, lines, rewritten

from lossfix.checking import Options
from lossfix.engine import repair
from lossfix.losses.subclassing.alignment import ALIGNING
from lossfix.model import Severity
from lossfix.rules import rule_called

BODY = "return w * tf.keras.losses.mean_squared_error(y_true, y_pred)"


def loss(*statements: str, signature: str = "y_true, y_pred, w=1.0", above: str = "") -> str:
    return f"{above}def my_loss({signature}):\n" + "".join(f"    {each}\n" for each in statements)


def call_of(source: str) -> str:
    """The lines of ``call`` in the class that a function becomes."""
    after = rewritten(source, "bare-function")
    start = after.index("def call(")
    ends = [after.find(mark, start) for mark in ("\n    def get_config", "\n\nmy_loss =")]
    return lines(after[start : min(each for each in ends if each > 0)].replace("\n    ", "\n"))


@pytest.mark.parametrize(
    "statements",
    [
        ("w = tf.cast(w, y_pred.dtype)", BODY),
        ("for w in range(3):", "    pass", BODY),
        ("import math as w", BODY.replace("w *", "w.pi *")),
        ("def w():", "    return 2.0", BODY.replace("w *", "w() *")),
        (
            "f = lambda x, w=w: w * x",
            "return f(tf.keras.losses.mean_squared_error(y_true, y_pred))",
        ),
        ("x = sum(w for w in range(3))", BODY),
        ("x = w", "del w", BODY.replace("w *", "x *")),
        ("if w is None:", "    w = 1.0", BODY),
        ("def step():", "    nonlocal w", "    w = w + 1.0", "step()", BODY),
        ("try:", "    pass", "except ValueError as w:", "    pass", BODY),
        ("return (w := w + 1.0) * tf.keras.losses.mean_squared_error(y_true, y_pred)",),
    ],
)
def test_a_parameter_that_the_body_binds_again_gets_its_name_back(
    statements: tuple[str, ...],
) -> None:
    assert call_of(loss(*statements)).splitlines()[1:] == [
        "    w = self.w",
        *(f"    {each}" for each in statements),
    ]


def test_reads_of_a_parameter_become_attributes_and_labels_do_not() -> None:
    statements = ("x = tf.fill(dims=[2], w=w)", "return x.w * y_pred + math.prod(w)(y_true)")
    assert call_of(loss(*statements)).splitlines()[-2:] == [
        "    x = tf.fill(dims=[2], w=self.w)",
        "    return x.w * y_pred + math.prod(self.w)(y_true)",
    ]


def test_no_comment_and_no_annotation_is_lost() -> None:
    source = loss(
        "# between",
        '"""Doc."""',
        "",
        "# first",
        "x = w  # beside",
        BODY,
        signature="y_true: tf.Tensor, y_pred: tf.Tensor, *, w: float = 1.0",
        above="# above\n",
    )
    after = rewritten(source, "bare-function")
    for part in ("# above", "# between", "# first", "# beside", '"""Doc."""', "w: float = 1.0"):
        assert part in after
    assert "def call(self, y_true: tf.Tensor, y_pred: tf.Tensor):" in after


def test_comments_stay_as_far_apart_as_they_were() -> None:
    body = "return tf.keras.losses.mean_squared_error(y_true, y_pred)"
    source = loss("", "# Of the whole.", "", "# Of the line.", body, signature="y_true, y_pred")
    assert lines("""
        # Of the whole.

        # Of the line.
        """) in lines(call_of(source).partition(":\n")[2])


def test_a_definition_right_below_is_set_off() -> None:
    body = "return tf.keras.losses.mean_squared_error(y_true, y_pred)"
    below = "def train(model):\n    model.compile(loss=my_loss)\n"
    after = rewritten(loss(body, signature="y_true, y_pred") + below, "bare-function")
    assert f"\n\nmy_loss = MyLoss()\n\n\n{below}" in after


def test_a_file_of_bundled_keras_gets_one_import() -> None:
    source = (
        "from tensorflow.keras import backend as K\n\n\ndef edge(y_true, y_pred):\n"
        "    return K.mean(K.square(y_true - y_pred))\n\n\nmodel.compile(loss=edge)\n"
    )
    rule = rule_called("bare-function")
    assert rule is not None
    after = repair("a.py", source, "edge", Options((rule,))).after
    assert after.startswith(
        "import tensorflow as tf\nfrom tensorflow.keras import backend as K\n\n"
    )
    assert "class EdgeLoss(tf.keras.losses.Loss):" in after


def test_no_line_of_mere_indentation_is_taken_along() -> None:
    body = "return tf.keras.losses.mean_squared_error(y_true, y_pred)"
    source = loss(body, signature="y_true, y_pred") + "    \nmodel.compile(loss=my_loss)\n"
    rule = rule_called("bare-function")
    assert rule is not None
    repaired = repair("a.py", f"import tensorflow as tf\n{source}", "my_loss", Options((rule,)))
    assert [line for line in repaired.after.splitlines() if line and not line.strip()] == []


def test_tabs_stay_tabs() -> None:
    source = "def my_loss(y_true, y_pred, w=1.0):\n\tif w:\n\t\tpass\n\treturn w * y_pred\n"
    after = rewritten(source, "bare-function")
    assert "\tdef call(self, y_true, y_pred):\n\t\tif self.w:\n\t\t\tpass\n" in after
    assert "\n    " not in after


def test_a_direct_call_keeps_the_unreduced_value() -> None:
    source = loss(BODY) + "\n\ndef step(y, p):\n    return my_loss(y, p)\n"
    source += "\n\ndef build(model):\n    model.compile(loss=my_loss)\n"
    assert "return my_loss.call(y, p)" in rewritten(source, "bare-function")


def test_a_partial_application_becomes_an_instance() -> None:
    source = "import functools\n\n" + loss(BODY)
    source += "\n\ndef build(model):\n    model.compile(loss=functools.partial(my_loss, w=2.0))\n"
    assert "model.compile(loss=MyLoss(w=2.0))" in rewritten(source, "bare-function")


COMPILED = "\n\ndef build(model):\n    model.compile(loss=my_loss)\n"


@pytest.mark.parametrize(
    "compiled",
    [
        "model.compile(loss=my_loss)",
        "model.compile('adam', my_loss)",
        "model.compile(loss=[my_loss, 'mse'])",
        "model.compile(loss={'out': my_loss})",
        "losses = {'out': my_loss}\nmodel.compile(loss=losses)",
        "chosen = my_loss if fast else 'mse'\nmodel.compile(loss=chosen)",
        "TABLE = {'a': my_loss}\nmodel.compile(loss=TABLE['a'])",
        "def pick():\n    return my_loss\n\n\nmodel.compile(loss=pick())",
    ],
)
def test_a_function_that_is_only_compiled_becomes_an_instance(compiled: str) -> None:
    assert "class MyLoss" in rewritten(loss(BODY) + f"\n\n{compiled}\n", "bare-function")


@pytest.mark.parametrize(
    "use",
    [
        "total = sum(map(my_loss, a, b))",
        "my_loss.__name__ = 'mine'",
        "TABLE = {'a': my_loss}\nTABLE['a'](y, p)",
        "alias = my_loss\nalias(y, p)",
        "def pick():\n    return my_loss\n\n\nvalue = pick()(y, p)",
        "my_loss(y, p, 3.0)",
        "my_loss(y_true=y, y_pred=p)",
        "my_loss(*pair)",
        "wrapped = tf.function(my_loss)",
        "same = model.loss is my_loss",
        "self.loss = my_loss",
    ],
)
def test_a_function_that_may_be_called_stays_one(use: str) -> None:
    (finding,) = findings(loss(BODY) + COMPILED + f"\n\n{use}\n", "bare-function")
    assert finding.reason


def test_what_may_call_a_function_is_told_by_its_line() -> None:
    source = loss(BODY) + COMPILED + "\n\nkept = [my_loss]\nkept[0](y, p)\n"
    (finding,) = findings(source, "bare-function")
    lines = source.splitlines()
    defined = next(at for at, line in enumerate(lines) if line.startswith("def my_loss"))
    line = finding.span.line + lines.index("kept = [my_loss]") - defined
    assert finding.reason == f"line {line} uses it where it may be called as a function"


@pytest.mark.parametrize(
    "source",
    [
        "async " + loss(BODY),
        loss(BODY, above="@wrap\n"),
        loss(BODY, signature="y_true, y_pred, *args"),
        loss(BODY, signature="y_true, y_pred, **kw"),
        loss(BODY, signature="y_true, y_pred, call=1.0"),
        loss(BODY, signature="y_true, y_pred, w=W"),
        loss(BODY, signature="y_true, y_pred, w=[].copy()"),
        loss(BODY, signature="y_pred, y_true"),
        loss("print(y_true, y_pred)"),
        loss("return __scale * y_pred"),
        loss("return self_ * self.w * y_pred"),
        loss("return my_loss(y_true, y_pred, w - 1.0)"),
        loss(BODY) + "\n\n" + loss(BODY),
        "if fast:\n    def my_loss(y_true, y_pred):\n        return y_pred\n"
        "else:\n    def my_loss(y_true, y_pred):\n        return y_true - y_pred\n",
        "def my_loss(y_true, y_pred): return y_pred - y_true\n",
    ],
)
def test_a_function_that_a_class_would_change_stays_one(source: str) -> None:
    whole = source + COMPILED
    assert rewritten(whole, "bare-function") == whole
    assert all(finding.reason for finding in findings(whole, "bare-function"))


def test_a_class_of_that_name_is_not_replaced() -> None:
    after = rewritten("class MyLoss:\n    pass\n\n\n" + loss(BODY), "bare-function")
    assert "class CustomMyLoss(tf.keras.losses.Loss):" in after


def test_a_metric_stays_a_function() -> None:
    source = loss(BODY) + "\n\nmodel.compile(loss=my_loss, metrics=[my_loss])\n"
    assert findings(source, "bare-function") == ()


def test_a_third_parameter_without_a_default_is_an_error() -> None:
    source = loss(BODY, signature="y_true, y_pred, w") + COMPILED
    (finding,) = findings(source, "bare-function")
    assert finding.severity is Severity.ERROR


def test_a_partial_application_by_position_is_told_once() -> None:
    source = "import functools\n\n" + loss(BODY, signature="w, y_true, y_pred")
    applied = "\n\ndef build(model):\n    model.compile(loss=functools.partial(my_loss, 2.0))\n"
    (finding,) = findings(source + applied, "bare-function", "lambda-loss")
    assert finding.code == "LF318"
    # Of a value that is made by a call no function is made, which would call it for every batch.
    (finding,) = findings(source + applied.replace("2.0", "weight()"), "bare-function")
    assert finding.reason
    assert finding.severity is Severity.INFO


def test_a_function_of_another_module_may_have_the_name_of_the_loss() -> None:
    body = "return 1.0 - scores.my_loss(y_true=y_true, y_pred=y_pred)"
    source = loss(body, signature="y_true, y_pred", above="import scores\n\n\n")
    assert "class MyLoss(" in rewritten(source, "bare-function")


FLAT = """
def overlap(a, b, smooth=1.0):
    a = tf.cast(tf.reshape(a, [-1]), tf.float32)
    b = tf.reshape(tf.cast(b, a.dtype), (-1,))
    return (tf.reduce_sum(a * b) + smooth) / (tf.reduce_sum(a) + tf.reduce_sum(b) + smooth)


def {name}_loss(y_true, y_pred):
    {body}


def build(model):
    model.compile(loss={name}_loss)
"""


@pytest.mark.parametrize(
    "body",
    [
        "return 1.0 - overlap(y_true, y_pred)",
        "return 1.0 - overlap(tf.cast(y_true, y_pred.dtype), y_pred, smooth=2.0)",
        "y_true = tf.cast(y_true, y_pred.dtype)\n    return 1.0 - overlap(y_true, y_pred)",
        "return tf.keras.losses.mean_squared_error(y_true, y_pred) - overlap(y_true, y_pred)",
        "t = tf.reshape(y_true, [-1])\n    p = tf.reshape(y_pred, -1)\n    return tf.abs(t - p)",
        "y_true = tf.reshape(y_true, [-1])\n    y_pred = tf.reshape(y_pred, [-1])\n"
        "    return tf.reduce_mean(y_true * y_pred)",
        "def inner():\n        return tf.reshape(y_true, [-1]) - tf.reshape(y_pred, [-1])\n"
        "    return tf.reduce_mean(inner())",
        "c = tf.one_hot(tf.reshape(y_true, [-1]), 4)\n"
        "    return -tf.reduce_sum(c * tf.nn.log_softmax(y_pred, axis=-1), axis=-1)",
        "y_true = tf.reshape(y_true, [-1])\n"
        "    return -tf.reduce_sum(tf.one_hot(y_true, 4) * tf.nn.softmax(y_pred), axis=-1)",
    ],
)
def test_what_is_flattened_first_needs_no_ranks(body: str) -> None:
    after = rewritten(FLAT.format(name="a", body=body), "bare-function")
    assert "class ALoss" in after
    assert "same_rank" not in after


@pytest.mark.parametrize(
    "body",
    [
        "return overlap(y_true, y_pred) + tf.reduce_mean(y_true - y_pred)",
        "t = tf.reshape(y_true, [-1])\n    return tf.reduce_mean(t) * y_pred",
        "return tf.reduce_mean(tf.reshape(y_true * y_pred, [-1]))",
        "return overlap(y_true * y_pred, y_pred)",
        "t = tf.reshape(y_true, [-1, 3])\n    return t - tf.reshape(y_pred, [-1, 3])",
        "return math.overlap(y_true, y_pred)",
        "return tf.keras.losses.binary_crossentropy(y_true, y_pred) - overlap(y_true, y_pred)",
        "if math:\n        y_true = tf.reshape(y_true, [-1])\n    return y_true * tf.reshape(y_pred, [-1])",
        "return tf.reduce_mean(y_true[0] - tf.reshape(y_pred, [-1]))",
        "return -tf.reduce_sum(y_true * tf.nn.log_softmax(y_pred), axis=-1)",
        "t = tf.reshape(y_true, [-1])\n    return t * tf.nn.softmax(y_pred, axis=1)",
        "t = tf.reshape(y_true, [-1])\n    return t * tf.nn.softmax(y_pred) - y_pred",
    ],
)
def test_what_meets_in_its_own_shape_needs_the_same_rank(body: str) -> None:
    assert "same_rank(y_true" in rewritten(FLAT.format(name="a", body=body), "bare-function")


@pytest.mark.parametrize(
    "body",
    [
        "mask = 1.0 - y_true[:, :, 0]\n"
        "    return tf.keras.losses.categorical_crossentropy(y_true, y_pred) * mask",
        "from tensorflow.keras.losses import categorical_crossentropy\n"
        "    return categorical_crossentropy(y_true, y_pred, from_logits=True) + y_pred[..., 0]",
        "entropy = tf.nn.softmax_cross_entropy_with_logits(labels=y_true, logits=y_pred)\n"
        "    return entropy * y_true[:, 0]",
        "return tf.abs(y_true[..., 0] - y_pred[..., 0]) + tf.abs(y_true[..., 1] - y_pred[..., 1:3])",
        "return tf.abs(y_true[..., :2] - y_pred[..., -2])",
        "return tf.keras.losses.CategoricalCrossentropy()(y_true, y_pred) * y_true[..., 0]",
        "w = tf.gather(y_true, [1], axis=1)\n"
        "    y_true = tf.gather(y_true, [0], axis=1)\n"
        "    return w * tf.nn.sigmoid_cross_entropy_with_logits(labels=y_true, logits=y_pred)",
        "y_true = tf.cast(y_true, y_pred.dtype)\n    return y_true[:, 1] * y_pred - y_true[:, 0]",
        "return tf.abs(y_true[..., :-1] - y_pred) * y_true[..., -1:]",
        "return tf.abs(y_true[:, :, :-1] - y_pred) * y_true[:, :, -1:]",
        "return y_true[:, 1] * tf.abs(y_true[:, 0] - tf.squeeze(tf.cast(y_pred, y_true.dtype), -1))",
        "return tf.abs(y_true - y_pred[:, 0:1]) * tf.exp(-y_pred[:, 1:2]) + y_pred[:, 1:2]",
        "n = tf.cast(tf.shape(y_true)[-1], tf.float32)\n"
        "    return n - tf.reduce_sum(tf.reduce_sum(y_true * y_pred, (0, 1, 2)))",
        "a, b = tf.split(y_true, (4, 3), axis=-1)\n"
        "    c, d = tf.split(y_pred, 2, -1)\n"
        "    return tf.abs(a - c) + tf.abs(b - d)",
        "a, b = tf.split(y_true, 2, axis=-1)\n    return tf.abs(a - y_pred) + b",
        "w = 3\n    return y_true[:, :, : 4 * w] * tf.abs(y_true[:, :, 4 * w :] - y_pred)",
        "return tf.keras.backend.categorical_crossentropy(y_true[0, :, :], y_pred[0, :, :])",
        "try:\n        [a, b] = tf.unstack(y_true, 2, axis=-1)\n    except:\n        pass\n"
        "    return tf.abs(a - tf.squeeze(y_pred, -1)) * b",
    ],
)
def test_what_holds_several_along_its_last_axis_needs_no_ranks(body: str) -> None:
    after = rewritten(FLAT.format(name="a", body=body), "bare-function")
    assert "class ALoss" in after
    assert "same_rank" not in after


@pytest.mark.parametrize(
    "body",
    [
        "return tf.abs(y_true[..., 0] - y_pred[..., 0])",
        "return tf.abs(y_true[..., 1] - y_pred)",
        "a, b = tf.split(y_true, 2, axis=1)\n    return tf.abs(a - y_pred) + b",
        "a, b = tf.split(y_true, 2, axis=-1)\n    return tf.abs(a - y_pred) + b * y_true",
        "w = 3\n    return tf.abs(y_true[:, w:] - y_pred) + y_true[:, :w]",
        "return tf.abs(y_true[:, :, 1:] - y_true[:, :, :-1]) + y_pred",
        "w = 3\n    return tf.abs(y_true[:, :, w:] - y_pred)",
        "return tf.keras.backend.categorical_crossentropy(y_true[:, :, 0], y_pred[:, :, 0])",
        "(a,) = tf.unstack(y_true, 1, axis=-1)\n    return tf.abs(a - y_pred)",
        "return tf.abs(y_true[:, 1:] - y_pred) + y_true[:, :-1]",
        "return tf.abs(y_true[:, 0] - y_pred[:, 0])",
        "return tf.abs(y_true[..., 0] + y_true[..., 1] - y_pred) * tf.reduce_sum(y_true)",
        "y_true = y_true * 2.0\n    return y_true[:, 1] * y_pred - y_true[:, 0]",
        "return tf.abs(y_true[:, :-1] - y_pred[:, :-1]) + y_true[:, -1:] - y_pred[:, -1:]",
        "return tf.abs(y_true[..., :-1] - y_pred)",
        "w = tf.gather(y_true, [1, 2], axis=2)\n    return w * y_pred",
        "w = tf.gather(y_true, [int(1)], axis=1)\n    return w * y_pred",
        "n = tf.cast(tf.shape(y_true)[-1], tf.float32)\n"
        "    return tf.reduce_sum(y_true * y_pred, axis=(1, 2)) / n",
        "return tf.reduce_sum(y_true * y_pred, axis=(0, 1))",
        "a, b = tf.split(y_true, 2)\n    c, d = tf.split(y_pred, 2)\n    return tf.abs(a - c) + b - d",
        "return tf.abs(y_true[:, 1] - y_pred[:, 1])",
        "return tf.abs(y_true[..., :1] - y_pred[..., -1])",
        "y_true = tf.one_hot(tf.cast(y_true, tf.int32), 4)\n"
        "    return tf.keras.losses.categorical_crossentropy(y_true, y_pred)",
        "return tf.keras.losses.sparse_categorical_crossentropy(y_true, y_pred) + y_true",
    ],
)
def test_what_may_hold_one_along_its_last_axis_needs_the_same_rank(body: str) -> None:
    assert "same_rank(y_true" in rewritten(FLAT.format(name="a", body=body), "bare-function")


def test_a_local_variable_of_the_own_name_is_no_call_of_itself() -> None:
    source = loss("my_loss = w * tf.abs(y_true - y_pred)", "return tf.reduce_mean(my_loss)")
    assert "class MyLoss" in rewritten(source, "bare-function")


REGISTERED = "@tf.keras.utils.register_keras_serializable()\n"


def test_a_registered_function_is_found_again_and_only_its_parameters_are_fixed() -> None:
    plain = loss("return tf.abs(y_true - y_pred)", signature="y_true, y_pred", above=REGISTERED)
    assert findings(plain, "bare-function") == ()
    (finding,) = findings(loss(BODY, above=REGISTERED), "bare-function")
    assert "its parameters are fixed" in finding.message
    assert "cannot load" not in finding.message


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("", 'name="my_loss"'),
        ('"parts"', '"parts", name="my_loss"'),
        ('package="parts"', 'package="parts", name="my_loss"'),
        ('package="parts", name="gap"', 'package="parts", name="gap"'),
        ('"parts", "gap"', '"parts", "gap"'),
    ],
)
def test_a_registered_function_is_asked_for_by_the_name_that_models_were_saved_with(
    given: str, kept: str
) -> None:
    above = REGISTERED.replace("()", f"({given})")
    text = rewritten(loss(BODY, above=above), "bare-function")
    assert f"{REGISTERED.strip()[:-2]}({kept})\nclass MyLoss(" in text


def test_a_return_is_a_verb_of_factories_alone() -> None:
    source = loss(BODY).replace("my_loss", "return_loss")
    assert "return_loss = ReturnLoss()" in rewritten(source, "bare-function")


def test_imports_that_open_the_body_stay_above_what_uses_them() -> None:
    source = loss("import math", "return math.pi * tf.abs(y_true - y_pred)")
    assert call_of(source).splitlines()[1:3] == [
        "    import math",
        "    y_true, y_pred = same_rank(y_true, y_pred)",
    ]


def test_a_function_that_is_put_among_keras_own_losses_becomes_an_instance() -> None:
    source = loss(BODY) + "\n\ntf.keras.losses.my_loss = my_loss\n"
    assert "my_loss = MyLoss()" in rewritten(source, "bare-function")


def _from(imports: str) -> str:
    """The class that a function becomes in a file with these imports."""
    code = f"{imports}\n\n\ndef a_loss(y_true, y_pred):\n    return K.abs(y_true - y_pred)\n"
    options = Options(tuple(filter(None, (rule_called("bare-function"),))))
    return repair("losses.py", code, "a_loss", options).after


def test_a_file_that_imports_keras_by_itself_gets_its_classes_from_there() -> None:
    text = _from("import tensorflow as tf\nfrom keras import backend as K")
    assert "import keras\n" in text
    assert "@keras.saving.register_keras_serializable(" in text
    assert "(keras.losses.Loss)" in text


def test_tensorflows_keras_registers_by_a_name_that_it_has() -> None:
    text = _from("import tensorflow.keras.backend as K")
    assert "import tensorflow as tf\n" in text
    assert "@tf.keras.utils.register_keras_serializable(" in text


@pytest.mark.parametrize("given", ["0, errors", "0.0, -1.5", "[[1.0]], errors"])
def test_a_function_that_is_called_with_numbers_stays_one(given: str) -> None:
    source = loss(BODY) + COMPILED + f"\n\nplot(errors, my_loss({given}))\n"
    (finding,) = findings(source, "bare-function")
    assert "called with numbers" in finding.reason


def test_an_instance_is_named_so_that_it_can_be_called_at_the_root_of_a_graph() -> None:
    source = "def _gap(y_true, y_pred):\n    return y_true - y_pred\n\n\nmodel.compile(loss=_gap)\n"
    text = rewritten(source, "bare-function")
    assert "class _GapLoss(" in text
    assert 'name="gap"' in text


def test_a_file_of_the_backend_alone_is_mended_with_the_backend() -> None:
    code = (
        "from tensorflow.keras import backend as K\n\n\ndef far_loss(y_true, y_pred):\n"
        "    return K.sqrt(K.mean(K.square(y_true - y_pred), axis=-1))\n"
    )
    options = Options(tuple(filter(None, (rule_called("root-at-zero"),))))
    text = repair("losses.py", code, "far_loss", options).after
    assert "K.sqrt(K.maximum(K.mean(" in text
    assert "import tensorflow as tf" not in text


@pytest.mark.slow
def test_what_counts_as_aligning_does_so() -> None:
    keras, np = pytest.importorskip("keras"), pytest.importorskip("numpy")
    flat = np.linspace(0.1, 0.9, 7, dtype="float32")
    for name in ALIGNING:
        function = getattr(keras.losses, name.rpartition(".")[2])
        for pair in ((flat, flat[::-1, None]), (flat[:, None], flat[::-1])):
            column = [each.reshape(-1, 1) for each in pair]
            np.testing.assert_allclose(np.mean(function(*pair)), np.mean(function(*column)), 1e-5)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("loss_by_area", "ByAreaLoss"),
        ("OverlapLoss_mean", "OverlapMeanLoss"),
        ("my_loss_e1", "MyE1Loss"),
        ("loss_NLL", "NLLLoss"),
        ("area_loss", "AreaLoss"),
        ("loss", "CustomLoss"),
        ("loss_loss", "CustomLoss"),
        ("_loss", "_CustomLoss"),
        ("custom_loss_function", "CustomLoss"),
        ("area_loss_fn", "AreaLoss"),
        ("area_fn", "AreaLoss"),
        ("loss_fn", "CustomLoss"),
        ("F1_Loss2", "F1Loss2"),
        ("loss2", "Loss2Loss"),
        ("loss_2", "Loss2Loss"),
        ("dice_loss_2", "DiceLoss2"),
        ("loss_3d_dice", "Loss3dDiceLoss"),
        ("_2_norm_loss", "_Custom2NormLoss"),
    ],
)
def test_a_class_says_once_that_it_is_a_loss(name: str, expected: str) -> None:
    source = loss(BODY).replace("my_loss", name) + f"\n\nmodel.compile(loss={name})\n"
    assert f"class {expected}(" in rewritten(source, "bare-function")


def test_a_variable_of_another_function_may_have_the_name_of_the_loss() -> None:
    source = loss("return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)")
    other = "\n\ndef my_metric(y_true, y_pred):\n    my_loss = tf.abs(y_true - y_pred)\n    return my_loss\n"
    assert "class MyLoss(" in rewritten(source + other, "bare-function")
    handed_on = other.replace("my_loss = ", "gap = ")
    assert "class MyLoss(" not in rewritten(source + handed_on, "bare-function")


@pytest.mark.parametrize(
    ("statement", "base"),
    [
        ("import keras", "tf.keras.losses.Loss"),
        ("if True:\n    from tensorflow import keras", "tf.keras.losses.Loss"),
    ],
)
def test_a_class_uses_no_module_that_is_imported_only_below_it(statement: str, base: str) -> None:
    source = loss("return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)")
    after = rewritten(f"{source}\n\n{statement}\n", "bare-function")
    assert f"class MyLoss({base})" in after
    assert "@tf.keras." in after
    # What is imported above, too, is written as it is there.
    above = rewritten(f"{statement}\n\n\n{source}\n\n{statement}\n", "bare-function")
    assert "class MyLoss(keras.losses.Loss)" in above


USED_AS_A_DICTIONARY = [
    "print(sorted(TABLE))",
    "parser.add_argument('--loss', choices=list(TABLE))",
    "parser.add_argument('--loss', choices=TABLE.keys())",
    "parser.add_argument('--loss', choices=TABLE)",
    "known = name in TABLE",
    "assert name not in TABLE, f'one of {sorted(TABLE)}, not {name}'",
    "print(len(TABLE), my_loss)",
    "raise KeyError(', '.join(TABLE))",
    "for each in TABLE:\n    run(each)",
    "for n, each in enumerate(sorted(TABLE)):\n    run(n, each)",
    "for n, each in TABLE.items():\n    print(n)\n    model.compile(loss=each)",
    "def build(model, name):\n    model.compile(loss=TABLE.get(name, 'mse'))",
    "def build(model, name):\n    own = dict(TABLE)\n    model.compile(loss=own[name])",
    "for each in TABLE.values():\n    model.compile(loss=each)",
    "def pick(name):\n    if name not in TABLE:\n        raise KeyError(list(TABLE))\n"
    "    return TABLE[name]\n\n\nmodel.compile(loss=pick('a'))",
    "TABLE.update(b='mse')",
    "TABLE['c'] = 'mse'",
    "if TABLE.get(name) is not None:\n    print(name)",
    "ROW = [my_loss, 'mse']\nfor each in ROW:\n    model.compile(loss=each)",
    "for n, each in [('a', my_loss), ('b', 'mse')]:\n    model.compile(loss=each)",
    "for each, rate in ((my_loss, 0.1), ('mse', 0.2)):\n    model.compile(loss=each)",
    "for each in (my_loss, 'mse'):\n    model.compile(loss=each)",
]
USED_AS_FUNCTIONS = [
    "for f in TABLE.values():\n    f(y, p)",
    "for n, f in TABLE.items():\n    f(y, p)",
    "def run(y, p):\n    for n, f in TABLE.items():\n        f(y, p)",
    "values = {n: f(y, p) for n, f in TABLE.items()}",
    "values = [TABLE[n](y, p) for n in TABLE]",
    "def run(y, p, name):\n    f = TABLE.get(name)\n    return f(y, p)",
    "def run(y, p):\n    f = my_loss\n    return f(y, p)",
    "def run(y, p):\n    f, g = my_loss, None\n    return f(y, p)",
    "def run(y, p):\n    ROW = [my_loss]\n    for f in ROW:\n        f(y, p)",
    "ROW = [my_loss]\nfor f in list(ROW):\n    f(y, p)",
    "for n, f in [('a', my_loss), ('b', 'mse')]:\n    f(y, p)",
    "for f, g in ((my_loss, None),):\n    model.compile(loss=g)\n    f(y, p)",
    "for pair in [('a', my_loss)]:\n    pair[1](y, p)",
    "run(TABLE)",
    "run(TABLE.items())",
    "TABLE.get(name)(y, p)",
    "next(iter(TABLE.values()))(y, p)",
    "own = {**TABLE}\nown['a'](y, p)",
    "@pytest.mark.parametrize('f', [my_loss])\ndef test(f):\n    assert f(y, p) > 0",
]


@pytest.mark.parametrize("use", USED_AS_A_DICTIONARY)
def test_a_dictionary_of_losses_may_be_asked_for_its_names(use: str) -> None:
    source = loss(BODY) + COMPILED + f"\n\nTABLE = {{'a': my_loss}}\n{use}\n"
    assert "class MyLoss" in rewritten(source, "bare-function")


@pytest.mark.parametrize("use", USED_AS_FUNCTIONS)
def test_what_is_taken_out_of_a_dictionary_may_be_called(use: str) -> None:
    source = loss(BODY) + COMPILED + f"\n\nTABLE = {{'a': my_loss}}\n{use}\n"
    (finding,) = findings(source, "bare-function")
    assert finding.reason


@pytest.mark.parametrize(
    "given", ["gap", "scaled(2.0)", "lambda y_true, y_pred: tf.abs(y_true - y_pred)"]
)
def test_a_model_of_deepxde_takes_functions_and_saves_none(given: str) -> None:
    source = f"""
        def gap(y_true, y_pred):
            return tf.reduce_mean(tf.square(y_true - y_pred))

        def scaled(factor):
            def scaled_gap(y_true, y_pred):
                return factor * gap(y_true, y_pred)
            return scaled_gap

        net = dde.nn.FNN([2, 20, 1], "tanh", "Glorot normal")
        model = dde.Model(data, net)
        model.compile("adam", lr=1e-3, loss={given})
    """
    rules = ("bare-function", "closure", "lambda-loss", "local-loss")
    other = source.replace("dde.Model(data, net)", "tf.keras.Model(x, y)")
    assert findings("import deepxde as dde\n" + lines(source), *rules) == ()
    assert len(findings("import deepxde as dde\n" + lines(other), *rules)) == 1
    assert len(findings(source, *rules)) == 1


TYPED = """
{future}import tensorflow as tf


def gap_loss(y_true: tf.Tensor, y_pred: tf.Tensor, power: float = 2.0) -> tf.Tensor:
    return tf.abs(y_true - y_pred) ** power
"""


@pytest.mark.parametrize(
    ("future", "dtype"),
    [("from __future__ import annotations\n\n", "dtype: str | None = None"), ("", "dtype=None")],
)
def test_the_class_of_a_typed_function_is_typed(future: str, dtype: str) -> None:
    rule = rule_called("bare-function")
    assert rule is not None
    options = Options((rule,))
    after = repair("a.py", TYPED.format(future=future), "gap_loss", options).after
    init = 'power: float = 2.0, reduction: str = "sum_over_batch_size", name: str = "gap_loss"'
    assert f"def __init__(self, {init}, {dtype}) -> None:" in after
    assert "def get_config(self) -> dict:" in after
    compile(after, "losses.py", "exec")


@pytest.mark.parametrize(
    ("comment", "stays"),
    [
        ("# in percent, as the targets are", False),
        ("# noqa: D103", True),
        ("# type: ignore[no-untyped-def]", True),
        ("# pylint: disable=invalid-name", True),
    ],
)
def test_a_comment_behind_the_head_of_a_function_stands_above_its_body(
    comment: str, stays: bool
) -> None:
    source = (
        f"def gap_loss(y_true, y_pred):  {comment}\n    return tf.abs(y_true - y_pred)\n"
        "\n\nmodel.compile(loss=gap_loss)\n"
    )
    after = rewritten(source, "bare-function")
    assert (f"def call(self, y_true, y_pred):  {comment}\n" in after) is stays
    assert (f"\n        {comment}\n" in after) is not stays
