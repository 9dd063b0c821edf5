"""What is wrong with how a file puts its losses to use: compiled, taped, tracked and added to models."""

from __future__ import annotations

from pathlib import Path

import pytest
from program import lossfix
from rewriting import findings, lines, rewritten

from lossfix.checking import Options, check
from lossfix.losses.discovery.candidate import Settings
from lossfix.losses.discovery.glance import may_concern_a_loss
from lossfix.rules import RULES
from lossfix.rules.rule import no_match

LOSS = """
    def gap_loss(y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)
"""


def codes(source: str, *rules: str) -> list[str]:
    return [each.code for each in findings(source, *rules)]


METRICS = {
    "an object": "model.compile('adam', loss=tf.keras.metrics.AUC())",
    "a class": "model.compile('adam', loss=tf.keras.metrics.Recall)",
    "a function": "model.compile('adam', loss=tf.keras.metrics.binary_accuracy)",
    "a mean of losses": "model.compile('adam', loss=tf.keras.metrics.MeanSquaredError())",
    "in its place": "model.compile('adam', tf.metrics.Precision())",
    "a string": "model.compile(optimizer='adam', loss='accuracy')",
    "a string in its place": "model.compile('adam', 'categorical_accuracy')",
    "a string in other case": "model.compile('adam', 'AUC')",
    "one of a list": "model.compile('adam', loss=['mse', 'f1_score'])",
    "one of a dictionary": "model.compile('adam', loss={'a': 'mse', 'b': tf.keras.metrics.MeanIoU(2)})",
    "a variable": "goal = tf.keras.metrics.AUC()\nmodel.compile('adam', loss=goal)",
    "a variable of a function": """
    def build(model):
        goals = {"mask": tf.keras.metrics.BinaryIoU()}
        model.compile("adam", loss=goals)
    """,
    "either of two": "model.compile('adam', loss='mse' if EASY else 'accuracy')",
    "an imported name": "from keras.metrics import AUC as area\nmodel.compile('adam', loss=area())",
}


@pytest.mark.parametrize("source", METRICS.values(), ids=METRICS.keys())
def test_a_metric_that_is_compiled_as_a_loss_is_seen(source: str) -> None:
    (finding,) = findings(source, "metric-as-loss")
    assert finding.severity == "error"
    assert finding.reason


NO_METRICS = {
    "a loss": "model.compile('adam', loss='binary_crossentropy', metrics=['accuracy'])",
    "an alias": "model.compile('adam', 'mse', ['acc'])",
    "a loss among the metrics": "model.compile('adam', loss=tf.keras.metrics.mean_squared_error)",
    "no loss": "model.compile('adam', None, ['accuracy'])",
    "metrics alone": "model.compile('adam', metrics=[tf.keras.metrics.AUC()])",
    "a pattern": "import re\npattern = re.compile('a', re.I)",
    "a string of the project's own": "model.compile('adam', loss='my_accuracy_loss')",
    "a name that is set twice": "goal = load()\nmodel.compile('adam', loss=goal)",
    "a parameter": "def build(model, loss):\n    model.compile('adam', loss=loss, metrics=['acc'])",
    "Keras 2": "import tf_keras\nmodel.compile('adam', loss=tf_keras.metrics.AUC())",
    "another library": "study.compile('fast', loss=torchmetrics.AUROC())",
}


@pytest.mark.parametrize("source", NO_METRICS.values(), ids=NO_METRICS.keys())
def test_what_is_no_metric_is_left(source: str) -> None:
    assert codes(source, "metric-as-loss") == []


QUOTED = LOSS + """
    def build(model):
        model.compile("adam", loss="gap_loss")
"""
NOT_QUOTED = {
    "the function itself": QUOTED.replace('"gap_loss"', "gap_loss"),
    "a loss of Keras": QUOTED.replace("gap_loss", "huber"),
    "another file's": QUOTED.replace('"gap_loss"', '"span_loss"'),
    "a method": "class Gaps:\n" + QUOTED,
    "one that Keras 2 finds among what is registered": "    import tf_keras"
    + QUOTED
    + """
    tf_keras.utils.get_custom_objects()["gap_loss"] = gap_loss
""",
    "a name under which something else is registered": QUOTED.replace('"gap_loss"', '"span_loss"')
    + """
    tf.keras.utils.get_custom_objects()["gap_loss"] = gap_loss
""",
    "a dictionary of another kind": QUOTED.replace('"gap_loss"', '"span_loss"')
    + """
    LOSSES.update({"span_loss": gap_loss})
""",
}
REGISTERED = {
    "tf.keras.utils.get_custom_objects()['span'] = gap_loss": "`loss=gap_loss`",
    "keras.saving.get_custom_objects().update({'span': gap_loss})": "`loss=gap_loss`",
    "with keras.utils.custom_object_scope({'span': Gap(2.0)}): pass": "`loss=Gap(2.0)`",
}
RENAMED = {
    "model.compile('adam', loss='logcosh')": '`loss="log_cosh"`',
    "model.compile('adam', 'kullback_leibler_divergence')": '`loss="kl_divergence"`',
    "model.compile('adam', loss=['mse', 'cosine_proximity'])": '`loss="cosine_similarity"`',
}


@pytest.mark.parametrize(("source", "cure"), RENAMED.items(), ids=RENAMED.keys())
def test_a_name_that_keras_changed_is_no_loss_of_keras(source: str, cure: str) -> None:
    text = f"from tensorflow import keras\n{source}\n"
    (finding,) = findings(text, "quoted-loss")
    assert cure in finding.reason
    assert may_concern_a_loss(text.encode(), Settings())


@pytest.mark.parametrize(("line", "cure"), REGISTERED.items(), ids=REGISTERED.keys())
def test_keras_does_not_look_among_what_was_registered(line: str, cure: str) -> None:
    source = QUOTED.replace('"gap_loss"', '"span"') + f"\n    {line}\n"
    (finding,) = findings(source, "quoted-loss")
    assert cure in finding.reason


def test_a_loss_in_quotes_is_seen() -> None:
    (finding,) = findings(QUOTED, "quoted-loss")
    assert "in quotes" in finding.message
    assert "loss=gap_loss" in finding.reason


@pytest.mark.parametrize("source", NOT_QUOTED.values(), ids=NOT_QUOTED.keys())
def test_what_keras_finds_by_its_name_is_left(source: str) -> None:
    assert codes(source, "quoted-loss") == []


UNTAPED = {
    "below the tape": """
    with tf.GradientTape() as tape:
        outputs = model(x)
    loss = tf.reduce_mean(tf.square(y - outputs))
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "in the call": """
    with tf.GradientTape() as tape:
        outputs = model(x)
    grads = tape.gradient(loss_fn(y, outputs), model.trainable_variables)
    """,
    "by its keyword": """
    with tf.GradientTape() as tape:
        outputs = model(x)
    grads = tape.gradient(target=tf.reduce_sum(outputs), sources=model.trainable_variables)
    """,
    "a sum of what was taped": """
    with tf.GradientTape() as tape:
        first, second = loss_fn(y, model(x)), tf.add_n(model.losses)
    grads = tape.gradient(first + second, model.trainable_variables)
    """,
    "something added": """
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(x))
    loss += tf.add_n(model.losses)
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "reduced": """
    with tf.GradientTape() as tape:
        each = loss_fn(y, model(x))
    loss = tf.reduce_mean(each)
    optimizer.minimize(loss, model.trainable_variables, tape=tape)
    """,
    "a number": """
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(x))
    grads = tape.gradient(float(loss), model.trainable_variables)
    """,
    "an array": """
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(x))
    value = loss.numpy()
    grads = tape.gradient(value, model.trainable_variables)
    """,
}


@pytest.mark.parametrize("body", UNTAPED.values(), ids=UNTAPED.keys())
def test_a_loss_that_the_tape_did_not_see_is_reported(body: str) -> None:
    (finding,) = findings("def step(model, optimizer, x, y):\n" + body, "untaped-loss")
    assert "tape" in finding.message
    assert finding.reason


TAPED = {
    "inside": """
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(x))
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "reported afterwards": """
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(x))
    grads = tape.gradient(loss, model.trainable_variables)
    loss = float(loss)
    """,
    "reported beside": """
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(x))
    shown = tf.reduce_mean(loss)
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "added up inside": """
    loss = 0.0
    with tf.GradientTape() as tape:
        loss += loss_fn(y, model(x))
        loss += tf.add_n(model.losses)
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "one of several": """
    with tf.GradientTape() as tape:
        losses = all_losses(y, model(x))
    loss = losses["total"]
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "looked up by a method": """
    with tf.GradientTape() as tape:
        losses = all_losses(y, model(x))
    grads = tape.gradient(losses.get("total"), model.trainable_variables)
    """,
    "a tape that goes on": """
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(x))
    with tape:
        loss = optimizer.get_scaled_loss(loss)
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "a tape around a tape": """
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(x)
            outputs = model(x)
        slope = inner.gradient(outputs, x)
        loss = tf.reduce_mean(tf.square(slope))
    grads = outer.gradient(loss, model.trainable_variables)
    """,
    "a tape of someone else": """
    loss = loss_fn(y, model(x))
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "a cast": """
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(x))
    loss = tf.cast(loss, tf.float32)
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "an optimizer that tapes for itself": """
    optimizer.minimize(lambda: loss_fn(y, model(x)), model.trainable_variables)
    """,
    "the gradient of an image": """
    edges = tf.image.sobel_edges(x)
    slope = numpy.gradient(tf.reduce_mean(edges))
    """,
}


@pytest.mark.parametrize("body", TAPED.values(), ids=TAPED.keys())
def test_a_loss_that_the_tape_saw_is_left(body: str) -> None:
    assert codes("def step(model, optimizer, x, y):\n" + body, "untaped-loss") == []


SEVERED = {
    "a model that is called above": """
    outputs = model(x, training=True)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(y - outputs))
    weights = model.trainable_variables
    grads = tape.gradient(loss, weights)
    """,
    "a loss by its name": """
    outputs = model(x)
    with tf.GradientTape() as tape:
        each = loss_fn(y, outputs)
        loss = tf.reduce_mean(each)
    grads = tape.gradient(loss, model.trainable_weights)
    """,
    "arrays": """
    with tf.GradientTape() as tape:
        outputs = model(x)
        loss = tf.reduce_mean(tf.square(outputs.numpy() - y))
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "an index": """
    with tf.GradientTape() as tape:
        labels = tf.argmax(model(x), axis=-1)
        loss = loss_fn(y, tf.cast(labels, tf.float32))
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "integers": """
    with tf.GradientTape() as tape:
        loss = loss_fn(y, tf.cast(model(x), tf.int32))
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "predictions of data": """
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model.predict(x))
    grads = tape.gradient(loss, model.trainable_variables)
    """,
}


@pytest.mark.parametrize("body", SEVERED.values(), ids=SEVERED.keys())
def test_a_loss_from_which_no_gradient_leads_to_the_model_is_reported(body: str) -> None:
    (finding,) = findings("def step(model, optimizer, x, y):\n" + body, "untaped-loss")
    assert "every gradient" in finding.message
    assert finding.reason


LEADING = {
    "a discriminator on what is given": """
    fakes = generator(x)
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(fakes))
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "a function that may call it": """
    outputs = model(x)
    with tf.GradientTape() as tape:
        loss = surprise(y, outputs)
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "a method that may call it": """
    outputs = self.model(x)
    with tf.GradientTape() as tape:
        loss = self.loss_fn(y, outputs)
    grads = tape.gradient(loss, self.model.trainable_variables)
    """,
    "penalties of the weights": """
    outputs = model(x)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(outputs) + tf.add_n(model.losses)
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "a weight": """
    outputs, kernel = model(x), model.layers[0].kernel
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(outputs) + tf.nn.l2_loss(kernel)
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "the gradient of the outputs": """
    outputs = model(x)
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        loss = loss_fn(y, outputs)
    grads = tape.gradient(loss, outputs)
    """,
    "variables of something else": """
    outputs = model(x)
    with tf.GradientTape() as tape:
        loss = loss_fn(y, outputs)
    grads = tape.gradient(loss, variables)
    """,
    "targets of the model itself": """
    with tf.GradientTape() as tape:
        goal = y + 0.9 * model.predict(x).max()
        loss = loss_fn(goal, model(x))
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "an index beside": """
    with tf.GradientTape() as tape:
        outputs = model(x)
        loss = loss_fn(y, outputs) * tf.cast(tf.argmax(outputs, -1) == y, tf.float32)
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "parts in a list": """
    outputs, parts = model(x), []
    with tf.GradientTape() as tape:
        for part in model.layers:
            parts.append(part(x))
        loss = tf.add_n(parts) + tf.reduce_mean(outputs)
    grads = tape.gradient(loss, model.trainable_variables)
    """,
    "one tape after another": """
    with tf.GradientTape() as tape:
        outputs = model(x)
    with tape:
        loss = loss_fn(y, outputs)
    grads = tape.gradient(loss, model.trainable_variables)
    """,
}


@pytest.mark.parametrize("body", LEADING.values(), ids=LEADING.keys())
def test_a_loss_from_which_a_gradient_may_lead_to_the_model_is_left(body: str) -> None:
    assert codes("def step(self, model, optimizer, x, y):\n" + body, "untaped-loss") == []


MODEL = """
x = tf.keras.Input((4,))
code = tf.keras.layers.Dense(2)(x)
model = tf.keras.Model(x, tf.keras.layers.Dense(4)(code))
"""

SYMBOLIC = {
    "a name of the file": """
def code_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred)) + tf.reduce_mean(code)
""",
    "an output of the model": """
def code_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred)) + tf.reduce_mean(model.layers[1].output)
""",
    "a layer found by its name": """
def code_loss(y_true, y_pred):
    inner = model.get_layer("code").output
    return tf.reduce_mean(tf.square(y_true - y_pred)) + tf.reduce_mean(inner)
""",
    "a layer of a model that comes from elsewhere": """
def code_loss(y_true, y_pred):
    inner = found().get_layer("code").output
    return tf.reduce_mean(tf.square(y_true - y_pred)) + tf.reduce_mean(inner)
""",
    "what a model is built of, and the loss as well": """
def code_loss(y_true, y_pred):
    inner = model.get_layer("code").output
    teacher = tf.keras.Model(model.inputs, inner)
    return tf.reduce_mean(tf.square(teacher(y_true) - y_pred)) + tf.reduce_mean(inner)
""",
    "handed to a factory": """
def make_loss(latent):
    def code_loss(y_true, y_pred):
        return tf.reduce_mean(tf.square(y_true - y_pred)) + tf.reduce_mean(latent)
    return code_loss

model.compile("adam", loss=make_loss(code))
""",
    "handed over by its name": """
def make_loss(weight, latent=None):
    def code_loss(y_true, y_pred):
        return weight * tf.reduce_mean(tf.square(y_true - y_pred)) + tf.reduce_mean(latent)
    return code_loss

model.compile("adam", loss=make_loss(2.0, latent=code))
""",
    "made of itself in a loop": """
deep = x
for width in (4, 2):
    deep = tf.keras.layers.Dense(width)(deep)

def code_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred)) + tf.reduce_mean(deep)
""",
    "computed with arithmetic": """
squares = code * code

def code_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred)) + tf.reduce_mean(squares)
""",
}


@pytest.mark.parametrize("source", SYMBOLIC.values(), ids=SYMBOLIC.keys())
def test_a_symbolic_tensor_in_a_loss_is_reported(source: str) -> None:
    (finding,) = findings(MODEL + source, "symbolic-tensor")
    assert "symbolic" in finding.message
    assert finding.loss.endswith("code_loss")


def test_the_commonest_case_is_a_variational_autoencoder() -> None:
    source = """
def build():
    inputs = tf.keras.Input((8,))
    hidden = tf.keras.layers.Dense(4)(inputs)
    mean, spread = tf.keras.layers.Dense(2)(hidden), tf.keras.layers.Dense(2)(hidden)
    outputs = tf.keras.layers.Dense(8)(mean)
    vae = tf.keras.Model(inputs, outputs)

    def vae_loss(y_true, y_pred):
        entropy = 1 + spread - tf.square(mean) - tf.exp(spread)
        return tf.reduce_mean(tf.square(y_true - y_pred)) - 0.5 * tf.reduce_mean(entropy)

    vae.compile("adam", loss=vae_loss)
"""
    found = findings(source, "symbolic-tensor")
    assert [each.message.split("`")[1] for each in found] == ["spread", "mean"]


VALUES = {
    "weights of a layer": """
def code_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred)) + tf.reduce_sum(model.layers[1].kernel ** 2)
""",
    "a shape": """
def code_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred)) / code.shape[-1]
""",
    "a parameter of the same name": """
def code_loss(y_true, y_pred, code=0.5):
    return tf.reduce_mean(tf.square(y_true - y_pred)) + code
""",
    "a name that is set again": """
code = 0.5

def code_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred)) + code
""",
    "a number that is made of itself in a loop": """
total = 0.0
for width in (4, 2):
    total = total + width

def code_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred)) + total
""",
    "data": """
patterns = encoder.predict(IMAGES)

def code_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred)) + tf.reduce_mean(patterns)
""",
    "another model": """
teacher = tf.keras.Model(x, code)

def code_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(teacher(y_true) - teacher(y_pred)))
""",
    "a model that is built inside": """
def code_loss(y_true, y_pred):
    parts = tf.keras.applications.VGG16(include_top=False)
    teacher = tf.keras.Model(inputs=parts.input, outputs=parts.get_layer("block1_conv1").output)
    return tf.reduce_mean(tf.square(teacher(y_true) - teacher(y_pred)))
""",
    "a model that is built of names": """
def code_loss(y_true, y_pred):
    parts = tf.keras.applications.VGG16(include_top=False)
    first = parts.get_layer("block1_conv1").output
    depths = [first, *(parts.get_layer(name).output for name in DEPTHS)]
    teacher = tf.keras.Model(parts.input, depths)
    return tf.reduce_mean(tf.square(teacher(y_true)[0] - teacher(y_pred)[0]))
""",
    "a factory of numbers": """
def make_loss(code):
    def code_loss(y_true, y_pred):
        return code * tf.reduce_mean(tf.square(y_true - y_pred))
    return code_loss

model.compile("adam", loss=make_loss(0.5))
""",
}


@pytest.mark.parametrize("source", VALUES.values(), ids=VALUES.keys())
def test_what_has_values_is_left(source: str) -> None:
    assert codes(MODEL + source, "symbolic-tensor") == []


def test_predictions_that_are_asked_for_the_layer_that_made_them_are_reported() -> None:
    source = """
def chain_loss(y_true, y_pred):
    chain, node = y_pred._keras_history[:2]
    if y_pred._keras_history[1]:
        node = 0
    return chain.likelihood(y_true, node) - tf.reduce_mean(y_pred)
"""
    (finding,) = findings(source, "symbolic-tensor")
    assert finding.message.startswith("`y_pred._keras_history` is there for symbolic tensors alone")
    assert finding.severity == "error"
    assert finding.loss == "chain_loss"


HISTORIES = {
    "that are asked for": """
    if hasattr(y_pred, "_keras_history"):
        return tf.reduce_mean(y_pred) * y_pred._keras_history[0].scale
""",
    "that may be missing": """
    try:
        scale = y_pred._keras_history[0].scale
    except AttributeError:
        scale = 1.0
""",
    "of something else": """
    scale = model.outputs[0]._keras_history[0].scale
""",
    "of what is no longer what was given": """
    y_pred = rebuilt(y_pred)
    scale = y_pred._keras_history[0].scale
""",
}


@pytest.mark.parametrize("lines", HISTORIES.values(), ids=HISTORIES.keys())
def test_histories_that_may_be_there_are_left(lines: str) -> None:
    source = f"def chain_loss(y_true, y_pred):{lines}    return tf.reduce_mean(y_true - y_pred)\n"
    assert codes(source, "symbolic-tensor") == []


def test_only_what_was_made_of_its_inputs_and_outputs_lost_add_loss() -> None:
    assert codes(MODEL + "model.add_loss(tf.reduce_mean(code))", "model-add-loss") == ["LF407"]
    for fine in (
        "model.layers[1].add_loss(0.1)",
        "line = tf.keras.Sequential()\nline.add_loss(0.1)",
        "class A(tf.keras.layers.Layer):\n    def call(self, x):\n        self.add_loss(x)",
        "def penalise(model):\n    model.add_loss(0.1)",
        "import tf_keras\nm = tf_keras.Model(x, code)\nm.add_loss(0.1)",
        "if False:\n    model.add_loss(0.1)",
        "if 1:\n    pass\nelse:\n    for _ in range(2):\n        model.add_loss(0.1)",
    ):
        assert codes(MODEL + fine, "model-add-loss") == []


def test_what_runs_under_a_constant_condition_is_seen() -> None:
    for wrong in (
        "if True:\n    model.add_loss(0.1)",
        "if 0:\n    pass\nelse:\n    model.add_loss(0.1)",
    ):
        assert codes(MODEL + wrong, "model-add-loss") == ["LF407"]


def trainer(body: str, above: str = "", base: str = "tf.keras.Model") -> str:
    inner = lines(body).replace("\n", "\n        ").rstrip()
    return f"class Trainer({base}):\n{above}    def train_step(self, data):\n        {inner}\n"


SHOWN_WRONG = {
    "the loss alone": 'x, y = data\nloss = self.fit_one(x, y)\nreturn {"loss": loss}',
    "as a call": "x, y = data\nreturn dict(loss=self.fit_one(x, y))",
    "the results of all metrics": """
    loss = self.fit_one(*data)
    return {m.name: m.result() for m in self.metrics}
    """,
    "what compile was given is updated": """
    loss = self.fit_one(*data)
    self.compiled_metrics.update_state(data[1], self(data[0]))
    return {m.name: m.result() for m in self.metrics}
    """,
}


@pytest.mark.parametrize("body", SHOWN_WRONG.values(), ids=SHOWN_WRONG.keys())
def test_a_loss_that_the_history_does_not_show_is_reported(body: str) -> None:
    (finding,) = findings(trainer(body), "untracked-loss")
    assert "is shown as" in finding.message


SHOWN_RIGHT = {
    "with another value": 'loss = self.fit_one(*data)\nreturn {"loss": loss, "size": 2.0}',
    "by another name": 'return {"gap": self.fit_one(*data)}',
    "a tracker": 'self.tracker.update_state(self.fit_one(*data))\nreturn {"loss": self.tracker.result()}',
    "the results after an update": """
    loss = self.fit_one(*data)
    for metric in self.metrics:
        metric.update_state(loss)
    return {m.name: m.result() for m in self.metrics}
    """,
    "the parent's step": "logs = super().train_step(data)\nreturn {'loss': logs['loss']}",
}


@pytest.mark.parametrize("body", SHOWN_RIGHT.values(), ids=SHOWN_RIGHT.keys())
def test_a_loss_that_the_history_shows_is_left(body: str) -> None:
    assert codes(trainer(body), "untracked-loss") == []


def test_a_class_with_metrics_of_its_own_and_other_classes_are_left() -> None:
    body = 'return {"loss": self.fit_one(*data)}'
    own = "    def __init__(self):\n        self.tracker = tf.keras.metrics.Mean(name='gap')\n"
    assert codes(trainer(body, own), "untracked-loss") == []
    assert codes(trainer(body, base="Loop"), "untracked-loss") == []
    assert codes(trainer(body, base="tf.keras.callbacks.Callback"), "untracked-loss") == []


def test_a_model_is_called_in_place_of_its_prediction() -> None:
    before = """
    teacher = tf.keras.models.load_model("teacher.keras")


    def teacher_loss(y_true, y_pred):
        aim = teacher.predict(y_pred, batch_size=32, verbose=0)
        return tf.reduce_mean(tf.square(y_true - aim))
    """
    assert rewritten(before, "predict-call") == lines(before).replace(
        "teacher.predict(y_pred, batch_size=32, verbose=0)", "teacher(y_pred, training=False)"
    )


def test_what_predicts_and_may_be_no_model_is_reported() -> None:
    source = """
    def forest_loss(y_true, y_pred):
        return tf.reduce_mean(tf.square(y_true - forest.predict(y_pred)))
    """
    (finding,) = findings(source, "predict-call")
    assert "cannot be told" in finding.reason
    assert rewritten(source, "predict-call") == lines(source)


def test_a_prediction_of_data_is_left() -> None:
    source = """
    teacher = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    AIMS = teacher.predict(INPUTS)

    def aimed_loss(y_true, y_pred):
        return tf.reduce_mean(tf.square(y_pred - AIMS)) + teacher.predict(INPUTS)[0]
    """
    assert codes(source, "predict-call") == []


PREDICTED = {
    "in a training step": trainer("x, y = data\nreturn {'gap': gap(y, self.predict(x))}"),
    "of a model that it trains": trainer(
        "self.critic.predict(data)\nw = self.critic.trainable_variables"
    ),
    "under a tape": "line = tf.keras.Sequential()\nwith tf.GradientTape() as t:\n    p = line.predict(x)",
}


@pytest.mark.parametrize("source", PREDICTED.values(), ids=PREDICTED.keys())
def test_a_prediction_where_a_call_is_meant_is_reported(source: str) -> None:
    assert codes(source, "predict-call") == ["LF113"]


def test_other_predictions_of_a_model_are_left() -> None:
    callback = "class Watch(tf.keras.callbacks.Callback):\n    def train_step(self, x):\n"
    assert codes(callback + "        return self.predict(x)", "predict-call") == []
    assert codes("line = tf.keras.Sequential()\np = line.predict(x)", "predict-call") == []


def test_a_class_without_call_is_told_which_method_is_meant() -> None:
    source = """
    class GapLoss(tf.keras.losses.Loss):
        def compute(self, y_true, y_pred):
            return tf.abs(y_true - y_pred)

    model.compile(loss=GapLoss())
    """
    (finding,) = findings(source, "missing-call")
    assert "`compute`" in finding.reason


def test_a_parent_of_losses_needs_no_call() -> None:
    for source in (
        "class Base(tf.keras.losses.Loss):\n    pass\n",
        "class Base(tf.keras.losses.Huber):\n    pass\nmodel.compile(loss=Base())",
        "class Base(tf.keras.losses.Loss):\n    call = staticmethod(gap)\nmodel.compile(loss=Base())",
        "class Base(tf.keras.losses.Loss, Gap):\n    pass\nmodel.compile(loss=Base())",
    ):
        assert codes(source, "missing-call") == []


ASKS = """
    class GapLoss(tf.keras.losses.Loss):
        def call(self, y_true, y_pred{0}):
            return tf.abs(y_true - y_pred)

    {1}
"""


@pytest.mark.parametrize("more", [", sample_weight", ", scale, shift=0.0", ", *, scale"])
def test_what_keras_does_not_hand_over_is_missed(more: str) -> None:
    (finding,) = findings(ASKS.format(more, "model.compile(loss=GapLoss())"), "missing-call")
    assert finding.message.startswith("`GapLoss.call` takes `s")


@pytest.mark.parametrize(
    ("more", "use"),
    [
        ("", "model.compile(loss=GapLoss())"),
        (", scale=1.0", "model.compile(loss=GapLoss())"),
        (", *, scale=1.0", "model.compile(loss=GapLoss())"),
        (", *more, **named", "model.compile(loss=GapLoss())"),
        (", scale", "value = GapLoss().call(A, B, 2.0)"),
    ],
)
def test_what_has_a_default_or_is_called_by_hand_is_not(more: str, use: str) -> None:
    assert codes(ASKS.format(more, use), "missing-call") == []


def test_self_is_added_in_front() -> None:
    before = """
    class GapLoss(tf.keras.losses.Loss):
        def call(y_true, y_pred):
            return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)
    """
    after = lines(before).replace("call(y_true", "call(self, y_true")
    assert rewritten(before, "missing-self") == after


def test_a_method_that_needs_no_self_is_left() -> None:
    static = """
    class GapLoss(tf.keras.losses.Loss):
        @staticmethod
        def call(y_true, y_pred):
            return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)
    """
    assert codes(static, "missing-self") == []
    other_name = static.replace("@staticmethod\n", "\n").replace("call(y_true", "call(this, y_true")
    assert codes(other_name, "missing-self") == []
    called = static.replace("@staticmethod\n", "\n") + "\n    VALUE = GapLoss.call(A, B)\n"
    (finding,) = findings(called, "missing-self")
    assert "without an instance" in finding.reason


FILES = {
    "a metric": "import keras\nmodel.compile('adam', loss=keras.metrics.AUC())\n",
    "a metric's name": "import keras\nmodel.compile('adam', 'accuracy')\n",
    "an added loss": "import keras\nm = keras.Model(x, y)\nm.add_loss(y)\n",
    "a training step": "import keras\nclass T(keras.Model):\n    def train_step(self, data):\n"
    "        return {'loss': self.fit_one(data)}\n",
    "a tape": "import tensorflow as tf\nwith tf.GradientTape() as t:\n    y = model(x)\n"
    "g = t.gradient(tf.reduce_mean(y), model.weights)\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES.keys())
def test_a_file_that_defines_no_loss_is_looked_at(text: str, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(text, encoding="utf-8")
    run = lossfix("check", "train.py", at=tmp_path)
    assert run.code == 1
    assert run.text.startswith("train.py:")


def test_clean_files_wire_their_losses_well() -> None:
    clean = Path(__file__).parents[2] / "fixtures" / "clean"
    about_wiring = Options(tuple(rule for rule in RULES if rule.match is no_match))
    found = [
        finding
        for path in sorted(clean.rglob("*.py"))
        for finding in check(path.name, path.read_text(encoding="utf-8"), about_wiring)
    ]
    assert len(about_wiring.rules) >= 5
    assert found == []
