"""A factory becomes a class where it does nothing but to hold parameters."""

from __future__ import annotations

import pytest
from rewriting import findings, rewritten

from lossfix.checking import Options
from lossfix.engine import repair
from lossfix.rules import rule_called


def factory(
    *head: str,
    body: str = "return w * tf.abs(y_true - y_pred)",
    signature: str = "w",
    inner: str = "def loss(y_true, y_pred):",
    tail: str = "return loss",
) -> str:
    before = "".join(f"    {each}\n" for each in head)
    inside = "".join(f"        {each}\n" for each in body.split("\n"))
    return f"def w_loss({signature}):\n{before}    {inner}\n{inside}    {tail}\n"


@pytest.mark.parametrize(
    "source",
    [
        factory(),
        factory('"""Doc."""', "# remark"),
        factory("scale = 2.0 * w", body="return scale * tf.abs(y_true - y_pred)"),
        factory("assert w > 0"),
        factory("w = tf.constant(w)"),
        factory("mse = tf.keras.losses.MeanSquaredError()"),
        factory(
            "def far(y_true, y_pred):",
            "    return w * tf.abs(y_true - y_pred)  # remark",
            body="return far(y_true, y_pred)",
        ),
        factory("w = np.asarray(w, dtype='float32')"),
        factory(inner="@tf.function\n    def loss(y_true, y_pred):"),
        factory(signature="w: float, *, power=2"),
        factory(body='"""Inner."""\nreturn w * tf.abs(y_true - y_pred)'),
    ],
)
def test_a_factory_of_parameters_becomes_a_class(source: str) -> None:
    after = rewritten(source, "closure")
    assert "class WLoss(tf.keras.losses.Loss):" in after
    assert after.endswith("\n\nw_loss = WLoss\n")
    assert 'name="loss"' in after
    compile(after, "losses.py", "exec")


@pytest.mark.parametrize(
    ("made", "constant"),
    [
        ("tf.Variable(w)", "tf.constant(w)"),
        ("tf.Variable(w, trainable=False, dtype=tf.float32)", "tf.constant(w, dtype=tf.float32)"),
        ("tf.keras.backend.variable(w)", "tf.constant(w, dtype=tf.keras.backend.floatx())"),
    ],
)
def test_a_variable_that_is_only_read_becomes_a_constant(made: str, constant: str) -> None:
    after = rewritten(factory(f"w = {made}"), "closure")
    assert f"        w = {constant.replace('(w', '(self.w')}\n" in after
    assert "w = self.w\n" not in after.replace("self.w = w\n", "")


CONSTANT = factory(
    signature="w=WEIGHT, missing=MISSING", body="return w * (y_true - y_pred) + missing"
)


def test_a_default_may_be_a_constant_of_the_module() -> None:
    after = rewritten("WEIGHT = (0.5, 2.0)\nMISSING = -1\n\n\n" + CONSTANT, "closure")
    assert "def __init__(self, w=WEIGHT, missing=MISSING, reduction=" in after


@pytest.mark.parametrize(
    "head",
    [
        "WEIGHT = np.ones(3)",
        "WEIGHT = read()",
        "WEIGHT = 1.0\nWEIGHT = 2.0",
        "WEIGHT = 1.0\nWEIGHT += 1.0",
        "if big:\n    WEIGHT = 2.0",
        "from settings import WEIGHT",
        "WEIGHT = 1.0\n\n\ndef reset():\n    global WEIGHT\n    WEIGHT = 2.0",
        "WEIGHT = other = 1.0",
        "WEIGHT = OTHER\nOTHER = WEIGHT",
        "",
    ],
)
def test_a_default_that_may_be_anything_keeps_a_factory(head: str) -> None:
    source = f"{head}\nMISSING = -1\n\n\n{CONSTANT}"
    (finding,) = findings(source, "closure")
    assert "the default of `w`" in finding.reason


def test_the_docstring_of_the_inner_function_opens_its_method_once() -> None:
    source = factory('"""Of the factory."""', body='"""Of the loss."""\nreturn w * y_true - y_pred')
    after = rewritten(source, "closure")
    assert after.count("Of the loss.") == after.count("Of the factory.") == 1
    opening = after.partition("    def call(self, y_true, y_pred):\n")[2].splitlines()
    assert [each.strip() for each in opening[:2]] == [
        '"""Of the loss."""',
        "y_true, y_pred = same_rank(y_true, y_pred)",
    ]


def test_comments_at_the_return_stay() -> None:
    tail = "# what Keras calls\n    return loss  # not its value"
    after = rewritten(factory(tail=tail), "closure")
    assert "        # what Keras calls\n        # not its value\n        return" in after
    assert "# remark\n        # what Keras calls\n" in rewritten(
        factory("# remark", tail=tail), "closure"
    )


def test_comments_above_the_inner_function_stay() -> None:
    after = rewritten(factory("# remark"), "closure")
    assert "        # remark\n" in after


@pytest.mark.parametrize(
    "source",
    [
        factory("count = 0", body="nonlocal count\ncount += 1\nreturn w * y_pred"),
        factory(tail="loss.weight = w\n    return loss"),
        factory(tail="return tf.function(loss)"),
        factory("scale = np.load('w.npy')"),
        factory("print(w)"),
        factory("net = tf.keras.applications.VGG16()"),
        factory("layer = tf.keras.layers.Dense(3)"),
        factory("state = tf.Variable(0.0)", body="state.assign_add(1.0)\nreturn state * y_pred"),
        factory(
            "state = tf.Variable(w)", body="tf.keras.backend.update(state, 1.0)\nreturn y_pred"
        ),
        factory("state = tf.Variable(w, shape=[3])", body="return state * y_pred"),
        factory("noise = tf.random.normal([3])"),
        factory("table = read_table()"),
        factory("if w:", "    w = 2.0"),
        factory(signature="*w"),
        factory(signature="model", body="return model.losses[0] + y_pred"),
        factory(signature="fn", body="return fn(y_true, y_pred)"),
        factory(inner="def loss(y_true, y_pred, w=w):"),
        factory(signature="y_true"),
        factory("y_pred = 3.0"),
        factory(signature="name"),
        factory(inner="@wrap\n    def loss(y_true, y_pred):"),
        "@cache\n" + factory(),
        factory() + "\n\n" + factory(),
        factory() + "\n\nvalue = w_loss(2.0)(y, p)\n",
        factory() + "\n\nfn = w_loss(2.0)\nvalue = fn(y, p)\n",
        factory() + "\n\nTABLE = {'w': w_loss(2.0)}\nvalue = TABLE['w'](y, p)\n",
        factory() + "\n\nname = w_loss.__name__\n",
        factory() + "\n\nmodel.compile(loss=w_loss)\n",
        factory() + "\n\ndef go(fn):\n    fn(y, p)\n\n\ngo(w_loss(2.0))\n",
    ],
)
def test_a_factory_that_does_more_stays_one(source: str) -> None:
    whole = source + "\n\ndef build(model):\n    model.compile(loss=w_loss(1.0))\n"
    assert rewritten(whole, "closure") == whole
    assert all(finding.reason for finding in findings(whole, "closure"))


def test_an_instance_stands_where_the_closure_stood() -> None:
    source = factory() + "\n\nmodel.compile(loss={'out': w_loss(2.0)})\n"
    assert rewritten(source, "closure").endswith("model.compile(loss={'out': w_loss(2.0)})\n")


def test_an_instance_may_be_passed_on_to_where_it_is_compiled() -> None:
    source = factory() + "\n\ndef load(path, objects):\n"
    source += "    return tf.keras.models.load_model(path, custom_objects=objects)\n"
    source += (
        "\n\nmodel = load('m.keras', {'loss': w_loss(2.0)})\nmodel.compile(loss=w_loss(2.0))\n"
    )
    assert "class WLoss" in rewritten(source, "closure")


@pytest.mark.parametrize(
    "head",
    [
        ("def far(w, x):", "    return w * x"),
        ("def far(x):", "    w = 2.0", "    return w * x"),
        ("@tf.function", "def far(x):", "    return w * x"),
        ("def far(x):", "    global calls", "    calls = 1", "    return w * x"),
    ],
)
def test_a_function_inside_that_a_method_would_change_keeps_the_factory(
    head: tuple[str, ...],
) -> None:
    source = factory(*head, body="return far(y_true - y_pred)")
    (finding,) = findings(source, "closure")
    assert finding.reason


def test_what_an_inner_function_never_reads_is_left_out() -> None:
    inner = "def loss(y_true, y_pred, from_logits=False, sample_weight=None):"
    after = rewritten(factory(inner=inner), "closure")
    assert "    def call(self, y_true, y_pred):\n" in after


@pytest.mark.parametrize(
    "inner",
    [
        "def loss(y_true, y_pred, *, scale=1.0):",
        "def loss(y_true, y_pred, scale=1.0):",
    ],
)
def test_what_an_inner_function_needs_or_reads_keeps_a_factory(inner: str) -> None:
    body = "return scale * w * tf.abs(y_true - y_pred)"
    (finding,) = findings(factory(inner=inner, body=body), "closure")
    assert "more than targets" in finding.reason


def test_a_reason_quotes_the_statement_and_not_the_comment_above_it() -> None:
    source = factory("# three classes", "if len(w) == 3:", "    w = tf.constant(w)")
    (finding,) = findings(source, "closure")
    assert finding.reason.startswith("`if len(w) == 3: w = tf.constant(w)`")


SYMBOLIC = """

area = tf.keras.Input((8,))
model = tf.keras.Model([tf.keras.Input((4,)), area], tf.keras.layers.Dense(1)(area))
model.compile(loss=w_loss({}))
"""


@pytest.mark.parametrize("given", ["area", "w=area", "2.0 * area", "model.output"])
def test_a_factory_that_is_handed_a_tensor_of_a_model_stays_one(given: str) -> None:
    (finding,) = findings(factory() + SYMBOLIC.format(given), "closure")
    assert "`w` is a tensor of a model" in finding.reason


@pytest.mark.parametrize("given", ["2.0", "area.shape[1]", "len(model.outputs)"])
def test_a_factory_that_is_handed_a_number_becomes_a_class(given: str) -> None:
    after = rewritten(factory() + SYMBOLIC.format(given), "closure")
    assert "class WLoss(tf.keras.losses.Loss):" in after


GIVEN = """

class Warmup(tf.keras.callbacks.Callback):
    def __init__(self):
        self.beta = tf.Variable(0.0)


def build(model, warmup):
    beta = tf.keras.backend.variable(0.5)
    weights = tf.constant([0.3, 0.7])
    model.compile(loss=w_loss({}))
"""


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("beta", "variable"),
        ("tf.Variable(1.0)", "variable"),
        ("w=weights", "tensor"),
        ("tf.convert_to_tensor([1.0, 2.0])", "tensor"),
    ],
)
def test_a_factory_that_is_given_what_no_h5_file_holds_stays_one(given: str, kind: str) -> None:
    (finding,) = findings(factory() + GIVEN.format(given), "closure")
    assert f"`w` is given a {kind}" in finding.reason


@pytest.mark.parametrize("given", ["0.5", "[0.3, 0.7]", "np.array([0.3, 0.7])", "float(beta)"])
def test_a_factory_that_is_given_what_can_be_saved_becomes_a_class(given: str) -> None:
    after = rewritten(factory() + GIVEN.format(given), "closure")
    assert "class WLoss(tf.keras.losses.Loss):" in after


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ('"""Weighs by `w`."""', '"""Weighs by `w`."""'),
        ('"""Returns a weighted loss."""', '"""A weighted loss."""'),
        ('"""It returns a weighted loss."""', '"""It returns a weighted loss."""'),
        ('"""Weighs.\n\n    Returns:\n        A loss function.\n    """', '"""Weighs."""'),
        (
            '"""Weighs.\n\n    Args:\n        w: by what\n\n    Returns: a loss\n        function\n    """',
            '"""Weighs.\n\n    Args:\n        w: by what\n    """',
        ),
        (
            '"""Weighs.\n\n    Returns\n    -------\n    callable\n        the loss\n\n'
            '    Notes\n    -----\n    None.\n    """',
            '"""Weighs.\n\n    Notes\n    -----\n    None.\n    """',
        ),
        (
            '"""Weighs.\n\n    # Arguments\n        w: by what\n    # Returns\n        A loss.\n    """',
            '"""Weighs.\n\n    # Arguments\n        w: by what\n    """',
        ),
        (
            '"""Weighs.\n\n    :param w: by what\n    :return: a loss\n    :rtype: callable\n    """',
            '"""Weighs.\n\n    :param w: by what\n    """',
        ),
        (
            '"""Weighs.\n\n    Returns\n        A functor of targets.\n    """',
            '"""Weighs."""',
        ),
        (
            '"""Weighs.\n\n    Returns:\n        Loss value (w times the error).\n    """',
            '"""Weighs.\n\n    Returns:\n        Loss value (w times the error).\n    """',
        ),
        (
            '"""Weighs.\n\n    Returns:\n        lambda * sum(x)\n    """',
            '"""Weighs.\n\n    Returns:\n        lambda * sum(x)\n    """',
        ),
        (
            '"""Weighs.\n\n    Returns:\n        Loss function\n        w * x\n        or 0\n    """',
            '"""Weighs.\n\n    Returns:\n        Loss function\n        w * x\n        or 0\n    """',
        ),
        (
            '"""Weighs\n    Returns where it may.\n    """',
            '"""Weighs\n    Returns where it may.\n    """',
        ),
    ],
)
def test_the_class_does_not_say_that_it_returns_a_loss(said: str, kept: str) -> None:
    assert f"class WLoss(tf.keras.losses.Loss):\n    {kept}\n\n" in rewritten(
        factory(said), "closure"
    )


def test_a_docstring_of_nothing_but_what_is_returned_goes() -> None:
    said = '"""\n    Returns:\n        A loss function.\n    """'
    assert "class WLoss(tf.keras.losses.Loss):\n    def __init__" in rewritten(
        factory(said), "closure"
    )


BUILDS = (
    "\n\ndef build(model):\n    table = np.array([0.3, 0.7])\n    model.compile(loss=w_loss({}))\n"
)


@pytest.mark.parametrize(
    "given", ["table", "w=np.ones(2)", "1.0 / table", "table.astype('float32')"]
)
def test_an_array_is_saved_as_a_list_and_kept_as_one(given: str) -> None:
    after = rewritten(factory() + BUILDS.format(given), "closure")
    assert "        self.w = np.asarray(w)\n" in after
    assert '"w": self.w.tolist()}' in after


def test_the_name_that_a_factory_gives_its_inner_function_is_that_of_the_loss() -> None:
    source = factory(tail='loss.__name__ = "far"  # shown\n    return loss')
    after = rewritten(source, "closure")
    assert 'name="far"' in after
    assert "# shown" in after
    assert "__name__" not in after


@pytest.mark.parametrize("ending", ["_factory", "_wrapper", "_fn", "_builder"])
def test_a_class_is_not_called_a_factory(ending: str) -> None:
    after = rewritten(factory().replace("w_loss", f"far_loss{ending}"), "closure")
    assert "class FarLoss(" in after


@pytest.mark.parametrize(
    "statement",
    [
        'loss.__name__ = f"far_{w}"',
        'loss.__doc__ = "far"',
        'loss.__name__ = "far away"',
        'loss.__name__ = loss.short = "far"',
    ],
)
def test_what_else_a_factory_does_with_its_inner_function_keeps_it_one(statement: str) -> None:
    (finding,) = findings(factory(tail=f"{statement}\n    return loss"), "closure")
    assert "stands between" in finding.reason


def test_what_a_factory_makes_of_its_parameter_is_none_of_its_caller() -> None:
    after = rewritten(
        factory(
            "table = tf.constant(w)",
            "w = tf.Variable(w)",
            body="return w * (y_true - y_pred) + table",
        )
        + "\n\ndef build(model, w):\n    model.compile(loss=w_loss(w))\n",
        "closure",
    )
    assert "class WLoss(tf.keras.losses.Loss):" in after


@pytest.mark.parametrize(
    "made", ["tf.constant(weights)", "tf.keras.backend.variable(weights)", "np.array(weights)"]
)
def test_several_numbers_that_a_tensor_is_made_of_are_saved_as_a_list(made: str) -> None:
    source = factory(
        f"weights = {made}", body="return weights * (y_true - y_pred)", signature="weights"
    )
    after = rewritten(source, "closure")
    assert "        self.weights = weights\n" in after
    assert '"weights": np.asarray(self.weights).tolist()}' in after


def test_the_import_that_a_list_needs_is_added() -> None:
    made = factory(
        "weights = tf.constant(weights)",
        body="return weights * (y_true - y_pred)",
        signature="weights",
    )
    rule = rule_called("closure")
    assert rule is not None
    source = f"import tensorflow as tf\n\n\n{made}"
    after = repair("losses.py", source, "w_loss.loss", Options((rule,))).after
    assert after.startswith("import numpy as np\nimport tensorflow as tf\n")


@pytest.mark.parametrize(
    "source",
    [
        factory("w = tf.constant(w)"),
        factory(signature="weights", body="return weights * (y_true - y_pred)"),
        factory(
            "weights = tf.constant(weights)",
            signature="weights=1.0",
            body="return weights * (y_true - y_pred)",
        ),
        factory() + BUILDS.format("0.5"),
        factory() + BUILDS.format("float(table[0])"),
        factory(signature="w=None") + BUILDS.format("table"),
    ],
)
def test_a_number_or_what_nothing_says_is_an_array_is_saved_as_it_is(source: str) -> None:
    after = rewritten(source, "closure")
    assert "tolist" not in after
    assert "np.asarray" not in after
