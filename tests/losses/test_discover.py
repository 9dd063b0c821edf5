"""Which callables are losses, on what evidence, and what only looks like one."""

from __future__ import annotations

import ast

import pytest

from lossfix.losses.discovery.candidate import Candidate, Project, Settings
from lossfix.losses.discovery.discover import discover
from lossfix.losses.discovery.glance import may_define_a_loss
from lossfix.losses.discovery.wording import names_losses
from lossfix.model import Evidence, Form

F = "def f(a, b):\n    return tf.abs(a - b)\n"
"""A loss that neither its name nor its parameters give away."""
G = "def g(a, b):\n    return tf.square(a - b)\n"


USUAL = Settings()


def found(code: str, settings: Settings = USUAL) -> tuple[Candidate, ...]:
    return discover(ast.parse("import tensorflow as tf\n" + code), settings)


def names(code: str) -> list[str]:
    return [candidate.name for candidate in found(code)]


def only(code: str) -> Candidate:
    (candidate,) = found(code)
    return candidate


COMPILED = {
    "by name": "model.compile(optimizer='adam', loss=f)",
    "by position": "model.compile('adam', f)",
    "in a list": "model.compile(loss=['mse', f])",
    "in a dictionary": "model.compile(loss={'a': f, 'b': 'mse'})",
    "by an alias": "chosen = f\nmodel.compile(loss=chosen)",
    "among Keras' own": "tf.keras.losses.f = f",
    "by an unpacked alias": "chosen, metric = f, 'mae'\nmodel.compile(loss=chosen)",
    "by an annotated alias": "chosen: object = f\nmodel.compile(loss=chosen)",
    "conditionally": "model.compile(loss=f if deep else 'mse')",
    "out of a dictionary": "LOSSES = {'f': f}\nmodel.compile(loss=LOSSES[name])",
    "got from a dictionary": "LOSSES = {'f': f}\nmodel.compile(loss=LOSSES.get(name))",
    "out of a filled dictionary": "LOSSES = {}\nLOSSES['f'] = f\nmodel.compile(loss=LOSSES[name])",
    "out of a filled list": "losses = []\nlosses.append(f)\nmodel.compile(loss=losses)",
    "by a selector": "def pick(name):\n    return {'f': f}[name]\nmodel.compile(loss=pick('f'))",
    "by a branching selector": (
        "def pick(name):\n    if name == 'f':\n        return f\n    return 'mse'\n"
        "model.compile(loss=pick('f'))"
    ),
    "by a selector of a partial": (
        "from functools import partial\ndef pick(c):\n    return partial(f, c=c)\n"
        "model.compile(loss=pick(2))"
    ),
    "by a selector of a selector": (
        "def inner(name):\n    return {'f': f}[name]\ndef pick(name):\n    return inner(name)\n"
        "model.compile(loss=pick('f'))"
    ),
    "by a selector of a wrapper": (
        "def pick():\n    return LossFunctionWrapper(f, name='f')\nmodel.compile(loss=pick())"
    ),
    "by a conditional selector": (
        "def pick(deep):\n    return f if deep else 'mse'\nmodel.compile(loss=pick(True))"
    ),
    "as a partial": "from functools import partial\nmodel.compile(loss=partial(f, c=1))",
    "with a default": "LOSSES = {}\nmodel.compile(loss=LOSSES.get(name, f))",
    "out of a dict call": "LOSSES = dict(f=f)\nmodel.compile(loss=LOSSES[name])",
    "in a dictionary comprehension": "model.compile(loss={name: f for name in names})",
    "in a list comprehension": "model.compile(loss=[f for _ in range(3)])",
    "as a global": "model.compile(loss=globals()['f'])",
    "as an attribute of a module": "import here\nmodel.compile(loss=getattr(here, 'f'))",
    "as Keras hands it back": "model.compile(loss=tf.keras.losses.get(f))",
    "in a wrapper of Keras": "chosen = LossFunctionWrapper(f, name='f')\nmodel.compile(loss=chosen)",
    "in a wrapper by keyword": "model.compile(loss=LossFunctionWrapper(fn=f))",
    "as a graph": "model.compile(loss=tf.function(f))",
    "in a loop": "for loss in [f, 'mse']:\n    model.compile(loss=loss)",
    "in a loop over pairs": "for name, loss in [('f', f)]:\n    model.compile(loss=loss)",
    "in a loop over a dictionary": "for n, l in {'f': f}.items():\n    model.compile(loss=l)",
    "in a numbered loop": "LOSSES = [f]\nfor n, l in enumerate(LOSSES):\n    model.compile(loss=l)",
    "in a zipped loop": "for n, l in zip(['a'], [f]):\n    model.compile(loss=l)",
    "in a comprehension": "[model.compile(loss=loss) for loss in (f,)]",
    "through a function": "def build(loss):\n    model.compile('adam', loss)\nbuild(f)",
    "through two functions": (
        "def build(loss):\n    model.compile('adam', loss)\ndef run(fn):\n    build(fn)\nrun(fn=f)"
    ),
    "in a loop through a function": (
        "def build(fn):\n    model.compile('adam', fn)\nfor each in (f,):\n    build(each)"
    ),
    "as a default": "def build(loss=f):\n    model.compile(loss=loss)\nbuild()",
    "as an attribute": (
        "class Trainer:\n    def __init__(self):\n        self.loss = f\n"
        "    def run(self):\n        self.model.compile(loss=self.loss)"
    ),
    "in settings": "settings = {'loss': f, 'optimizer': 'adam'}\nmodel.compile(**settings)",
    "in made settings": "settings = dict(loss=f)\nmodel.compile(**settings)",
}


@pytest.mark.parametrize("code", COMPILED.values(), ids=COMPILED.keys())
def test_what_a_model_is_compiled_with_is_a_loss_whatever_it_is_called(code: str) -> None:
    candidate = only(F + code)
    assert candidate.name == "f"
    assert candidate.evidence == (Evidence.COMPILED,)
    assert (candidate.y_true, candidate.y_pred) == ("a", "b")
    assert not candidate.metric


@pytest.mark.parametrize(
    "code",
    [
        "model.compile(loss='mse')",
        "model.compile(loss='mse', metrics=[f])",
        "model.compile('adam', 'mse', [f])",
        "model.compile('adam', loss=tf.keras.losses.get('f'))",
        "for name in {'f': f}:\n    model.compile(loss=name)",
        "re.compile('f', f)",
        "print(f)",
    ],
)
def test_what_no_model_is_compiled_with_is_no_loss(code: str) -> None:
    assert names(F + code) == []


def test_a_method_that_a_model_is_compiled_with_is_a_loss() -> None:
    candidate = only(
        "class Trainer:\n"
        "    def cost_of(self, a, b):\n        return tf.abs(a - b)\n"
        "    def run(self):\n        self.model.compile(loss=self.cost_of)\n"
    )
    assert (candidate.name, candidate.form) == ("Trainer.cost_of", Form.METHOD)


NO_LOSS_BY_WHAT_IT_GIVES = {
    "numbers by their names": (
        "def f_loss(y_true, y_pred):\n"
        "    gap = tf.abs(y_true - y_pred)\n"
        "    found = {'gap': tf.reduce_mean(gap), 'hits': tf.reduce_mean(tf.cast(gap < 1, tf.float32))}\n"
        "    return found\n"
    ),
    "a dictionary that is filled": (
        "def f_loss(y_true, y_pred):\n    found = {}\n"
        "    for layer, each in enumerate(y_pred):\n        found[layer] = tf.abs(each - y_true)\n"
        "    return found\n"
    ),
    "a table of costs": (
        "def cost_matrix(y_true, y_pred):\n    return tf.abs(y_true[:, None] - y_pred[None])\n"
    ),
    "a number for arrays": (
        "import numpy as np\nclass Loss:\n    def __call__(self, targets, predictions, **kwargs):\n"
        "        middle = np.mean(predictions, axis=1)\n"
        "        return np.mean(tf.keras.metrics.get('mse')(targets, middle).numpy())\n"
    ),
}


@pytest.mark.parametrize(
    "code", NO_LOSS_BY_WHAT_IT_GIVES.values(), ids=NO_LOSS_BY_WHAT_IT_GIVES.keys()
)
def test_what_gives_something_else_than_a_loss_is_none_by_its_name(code: str) -> None:
    assert names(code) == []


def test_what_is_compiled_is_a_loss_whatever_it_gives() -> None:
    code = NO_LOSS_BY_WHAT_IT_GIVES["numbers by their names"]
    assert names(code + "model.compile(loss=f_loss)") == ["f_loss"]


@pytest.mark.parametrize(
    "body",
    [
        "        return np.mean(np.square(y_true.numpy() - tf.nn.relu(y_pred)))\n",
        "        return tf.reduce_mean(np.square(y_true - y_pred))\n",
    ],
)
def test_an_object_that_is_called_with_tensors_is_a_loss(body: str) -> None:
    called = "class GapLoss:\n    def __call__(self, y_true, y_pred):\n"
    assert names("import numpy as np\n" + called + body) == ["GapLoss.__call__"]


def test_an_inner_function_whose_name_is_set_anew_is_not_what_is_returned() -> None:
    code = (
        "def wrapped_loss(fn, kind):\n"
        "    def scaled(y_true, y_pred):\n        return fn(y_true, y_pred)\n"
        "{}    return scaled\n"
        "model.compile(loss=wrapped_loss(f, kind))\n"
    )
    assert [each.form for each in found(code.format(""))] == [Form.CLOSURE]
    anew = code.format("    scaled = kind(scaled, **fn.get_config())\n")
    assert [each.form for each in found(anew)] == [Form.NESTED]


def test_what_is_both_a_loss_and_a_metric_is_both() -> None:
    candidate = only(F + "model.compile(loss=f, metrics=[f])")
    assert candidate.evidence == (Evidence.COMPILED,)
    assert candidate.metric


@pytest.mark.parametrize(
    "code",
    [
        "class Share(MeanMetricWrapper):\n"
        "    def __init__(self, name='share'):\n        super().__init__(f_loss, name)\n",
        "class Share(keras.metrics.MeanMetricWrapper):\n"
        "    def __init__(self, name='share'):\n"
        "        super(Share, self).__init__(fn=f_loss, name=name)\n",
        "class Share(MeanMetricWrapper):\n"
        "    def __init__(self):\n        MeanMetricWrapper.__init__(self, f_loss)\n",
        "share = tf.keras.metrics.MeanMetricWrapper(f_loss, name='share')\n",
        "class Model:\n    @property\n    def metrics(self):\n        return [f_loss, 'mae']\n",
        "def get_metrics():\n    return {'share': f_loss}\n",
    ],
)
def test_what_a_class_or_a_list_of_metrics_holds_is_a_metric(code: str) -> None:
    assert names(F.replace("f(a, b)", "f_loss(y_true, y_pred)") + code) == []


@pytest.mark.parametrize(
    "code",
    [
        "class Share(Wrapper):\n    def __init__(self):\n        super().__init__(f_loss)\n",
        "def get_metrics(y_true, y_pred):\n"
        "    loss = f_loss(y_true, y_pred)\n    return {'loss': loss}\n",
        "class Model:\n    @property\n    def metrics(self):\n        return [self.f_loss]\n",
        "class Share(Metric):\n    def __init__(self):\n        super().__init__('f_loss')\n",
    ],
)
def test_what_a_metric_is_made_of_or_told_is_no_metric(code: str) -> None:
    assert names(F.replace("f(a, b)", "f_loss(y_true, y_pred)") + code) == ["f_loss"]


def test_a_part_that_a_metric_shares_is_a_part_of_the_metric_too() -> None:
    part = "def part(y_true, y_pred):\n    return y_true - y_pred\n"
    loss = "def a_loss(y_true, y_pred):\n    return part(y_true, y_pred)\n"
    metric = "def accuracy(y_true, y_pred):\n    return part(y_true, y_pred)\n"
    use = "model.compile(loss=a_loss, metrics=[accuracy])"
    both = found(part + loss + metric + use)
    assert [(each.name, each.metric) for each in both] == [("part", True), ("a_loss", False)]


def test_what_a_score_is_computed_of_is_a_metric_too() -> None:
    loss = "def overlap_loss(y_true, y_pred):\n    return 1 - y_true * y_pred\n"
    score = "def mean_iou(y_true, y_pred):\n    return 1 - overlap_loss(y_true, y_pred)\n"
    assert [(each.name, each.metric) for each in found(loss + score)] == [("overlap_loss", True)]
    assert found(loss + score.replace("mean_iou", "class_IoU"))[0].metric
    total = score.replace("mean_iou", "iou_loss")
    assert not any(each.metric for each in found(loss + total))
    part = "def iou(y_true, y_pred):\n    return y_true * y_pred\n"
    of_part = loss.replace("y_true * y_pred", "iou(y_true, y_pred)")
    assert not any(each.metric for each in found(part + of_part))


def test_a_subclass_of_loss_is_one_through_classes_of_the_same_file() -> None:
    code = (
        "class Mine(tf.keras.losses.Loss):\n    pass\n"
        "class Theirs(Mine):\n    def call(self, y_true, y_pred):\n        return y_true - y_pred\n"
    )
    candidate = only(code)
    assert (candidate.name, candidate.form) == ("Theirs", Form.SUBCLASS)
    assert candidate.evidence == (Evidence.SUBCLASS,)


@pytest.mark.parametrize(
    "base",
    [
        "tf.keras.metrics.Metric",
        "tf.keras.layers.Layer",
        "tf.keras.callbacks.Callback",
        "object",
    ],
)
def test_other_classes_are_no_losses(base: str) -> None:
    code = f"class Mine({base}):\n    def call(self, y_true, y_pred):\n        return y_true\n"
    assert names(code) == []


@pytest.mark.parametrize(
    ("base", "found"),
    [
        ("tf.keras.metrics.Mean", []),
        ("tf.metrics.Sum", []),
        ("keras.metrics.Accuracy", []),
        ("OurMetric", []),
        ("Above", []),
        ("tf.keras.metrics", ["update_state"]),
        ("Mean", ["update_state"]),
        ("object", ["update_state"]),
    ],
)
def test_a_metric_that_is_called_after_its_loss_is_a_metric(base: str, found: list[str]) -> None:
    code = (
        "import keras\nclass Above(keras.metrics.MeanTensor):\n    pass\n"
        f"class CrossEntropyLossState({base}):\n"
        "    def update_state(self, y, y_hat):\n        super().update_state(entropy(y, y_hat))\n"
    )
    assert names(code) == [f"CrossEntropyLossState.{each}" for each in found]


@pytest.mark.parametrize(
    ("inner", "handed_back", "found"),
    [
        ("hash_recall", "hash_loss, hash_recall", ["hash_loss"]),
        ("mean_iou", "hash_loss, mean_iou", ["hash_loss"]),
        ("other_loss", "hash_loss, other_loss", ["hash_loss", "other_loss"]),
        ("lack", "hash_loss, lack", ["hash_loss"]),
        ("recall", "recall", ["hash_loss", "recall"]),
        ("iou", "iou", ["hash_loss", "iou"]),
    ],
)
def test_what_a_factory_hands_back_beside_its_loss_may_be_a_metric(
    inner: str, handed_back: str, found: list[str]
) -> None:
    body = "(y_true, y_pred):\n        return y_true - y_pred\n"
    code = (
        f"def make_loss():\n    def hash_loss{body}    def {inner}{body}    return {handed_back}\n"
    )
    assert [each.rpartition(".")[2] for each in names(code)] == found
    if "," in handed_back:
        use = "loss, other = make_loss()\nmodel.compile(loss=loss, metrics=[other])\n"
        assert [each.rpartition(".")[2] for each in names(code + use)] == found


def test_a_base_that_the_configuration_names_makes_a_loss() -> None:
    code = (
        "from our import Base\nclass Mine(Base):\n    def call(self, a, b):\n        return a - b\n"
    )
    assert [each.name for each in found(code, Settings(bases=frozenset({"our.Base"})))] == ["Mine"]
    assert names(code) == []


TAPE = """\
def step(x, y):
    with tf.GradientTape() as tape:
        outputs = model(x)
        value = misfit(y, outputs)
        total = value + 0.1
    return tape.gradient(total, model.trainable_variables)
"""


def test_what_gradients_are_taken_of_is_a_loss() -> None:
    misfit = "def misfit(target, output):\n    return tf.abs(target - output)\n"
    candidate = only(misfit + TAPE)
    assert (candidate.name, candidate.evidence) == ("misfit", (Evidence.GRADIENT,))


def test_what_no_gradient_is_taken_of_is_no_loss() -> None:
    misfit = "def misfit(target, output):\n    return tf.abs(target - output)\n"
    assert names(misfit + TAPE.replace("tape.gradient(total", "tape.gradient(outputs")) == []


COMPUTED = """\
class Fit(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **kwargs):
        value = misfit(y, y_pred)
        self.tracker.update_state(spread(y, y_pred))
        return value + 0.1
"""


def test_what_a_model_computes_its_loss_with_is_a_loss() -> None:
    misfit = "def misfit(target, output):\n    return tf.abs(target - output)\n"
    spread = "def spread(target, output):\n    return tf.abs(target - output)\n"
    candidate = only(misfit + spread + COMPUTED)
    assert (candidate.name, candidate.evidence) == ("misfit", (Evidence.GRADIENT,))


def test_the_trainers_of_other_libraries_compute_no_loss_of_keras() -> None:
    misfit = "def misfit(target, output):\n    return tf.abs(target - output)\n"
    trainer = COMPUTED.replace("x=None, y=None, y_pred=None", "model, inputs, y, y_pred")
    assert names(misfit + trainer.replace(", y, y_pred, sample_weight", ", sample_weight")) == []


def test_what_a_loss_calls_is_reached_through_any_number_of_calls() -> None:
    code = (
        "def inner(y_true, y_pred):\n    return y_true - y_pred\n"
        "def outer(y_true, y_pred):\n    return inner(y_true, y_pred)\n"
        "def a_loss(y_true, y_pred):\n    return outer(y_true, y_pred)\n"
        "model.compile(loss=a_loss)\n"
    )
    evidence = {each.name: each.evidence for each in found(code)}
    assert evidence == {
        "inner": (Evidence.REACHED,),
        "outer": (Evidence.REACHED,),
        "a_loss": (Evidence.COMPILED, Evidence.NAMED),
    }


@pytest.mark.parametrize(
    ("signature", "is_loss"),
    [
        ("dice_loss(y_true, y_pred)", True),
        ("diceLoss(labels, predictions)", True),
        ("criterion(target, output)", True),
        ("my_objective(y_true, y_pred)", True),
        ("dice_loss(predictions, labels)", True),
        ("dice_coefficient(y_true, y_pred)", False),
        ("accuracy(y_true, y_pred)", False),
        ("dice_loss(model, optimizer)", False),
        ("plot_loss(history, path)", False),
        ("dice_loss(y_true)", False),
        ("glossary(y_true, y_pred)", False),
        ("closest(y_true, y_pred)", False),
        ("blossom(y_true, y_pred)", False),
        ("matching_loss(real_feats, fake_feats)", False),
        ("matching_loss(true_feature, pred_feature)", True),
    ],
)
def test_names_and_parameters_together_say_what_is_a_loss(signature: str, is_loss: bool) -> None:
    code = f"def {signature}:\n    return tf.abs(1.0)\n"
    assert bool(found(code)) == is_loss


def test_predictions_that_come_first_are_known_for_it() -> None:
    candidate = only("def dice_loss(predictions, labels):\n    return tf.abs(labels)\n")
    assert candidate.swapped
    assert (candidate.y_true, candidate.y_pred) == ("labels", "predictions")


def test_names_of_targets_and_predictions_may_be_configured() -> None:
    code = "def my_loss(wahr, vorher):\n    return tf.abs(wahr - vorher)\n"
    settings = Settings(frozenset({"wahr"}), frozenset({"vorher"}))
    assert [each.name for each in found(code, settings)] == ["my_loss"]
    assert names(code) == []


def test_a_closure_is_known_by_its_factory_and_by_its_arguments() -> None:
    code = (
        "def weighted(alpha):\n    def inner(y_true, y_pred):\n        return alpha * y_pred\n"
        "    return inner\n"
        "model.compile(loss=weighted(0.3))\n"
    )
    candidate = only(code)
    assert (candidate.name, candidate.form) == ("weighted.inner", Form.CLOSURE)
    assert candidate.arguments == ("0.3",)


@pytest.mark.parametrize(
    "given",
    [
        "step(y_true, y_pred)",
        "tf.reduce_mean(step(y_true, y_pred))",
        "tf.numpy_function(step, [y_true, y_pred], tf.float32)",
        "tf.map_fn(lambda row: step(row[0], row[1]), (y_true, y_pred))",
    ],
)
def test_a_loss_that_computes_with_an_inner_function_makes_no_losses(given: str) -> None:
    code = (
        "def warped(y_true, y_pred):\n    def step(a, b):\n        return tf.abs(a - b)\n"
        f"    return {given}\n"
        "model.compile(loss=warped)\n"
    )
    losses = [each for each in found(code) if each.evidence != (Evidence.REACHED,)]
    assert [(each.name, each.form) for each in losses] == [("warped", Form.FUNCTION)]


OTHERS = {
    "a twin for evaluation": (
        "import numpy as np\ndef mse_loss(y_true, y_pred):\n    return np.mean(y_true - y_pred)\n"
    ),
    "PyTorch": "import torch\ndef a_loss(y_true, y_pred):\n    return torch.mean(y_true - y_pred)\n",
    "PyTorch, imported inside": (
        "def a_loss(y_true, y_pred):\n    import torch\n    return torch.mean(y_true - y_pred)\n"
    ),
    "PyTorch, imported around it": (
        "class Pinball:\n"
        "    def _for_pytorch(self):\n"
        "        from torch import nn\n"
        "        norm = nn.L1Loss(reduction='none')\n"
        "        def loss(y_true, y_pred):\n"
        "            return norm(y_pred, y_true.squeeze(-1))\n"
        "        return loss\n"
    ),
    "an object of three tensors": (
        "class Weighing:\n"
        "    def __call__(self, y_pred, y_true, weights):\n"
        "        return tf.reduce_mean(weights * (y_true - y_pred))\n"
        "trainer.run(loss=Weighing())\n"
    ),
    "what makes the losses": (
        "def prepare(model, chosen, heads):\n"
        "    def pick(chosen, heads):\n"
        "        picked = {}\n"
        "        for n, head in enumerate(heads):\n"
        "            pick = chosen[n]\n"
        "            picked[head] = pick\n"
        "        return picked\n"
        "    losses = pick(chosen, heads)\n"
        "    model.compile(loss=losses)\n"
    ),
    "JAX": (
        "import jax.numpy as jnp\ndef a_loss(y_true, y_pred):\n    return jnp.mean(y_true - y_pred)\n"
    ),
    "a boosting objective": (
        "def a_objective(y_true, y_pred):\n    grad = y_pred - y_true\n    return grad, grad * 0 + 1\n"
    ),
    "a generator": "def a_loss(y_true, y_pred):\n    yield y_true\n",
}


@pytest.mark.parametrize("code", OTHERS.values(), ids=OTHERS.keys())
def test_functions_for_other_purposes_are_no_losses(code: str) -> None:
    assert names(code) == []


def test_a_loss_for_several_frameworks_is_one_wherever_the_branch_of_tensorflow_stands() -> None:
    branches = (
        "if backend == 'jax':\n    from jax.scipy.special import erf\n"
        "else:\n    from tensorflow.math import erf\n"
    )
    loss = "def a_loss(y_true, y_pred):\n    return tf.abs(y_true - erf(y_pred))\n"
    assert names(branches + loss) == ["a_loss"]


def test_a_file_without_a_framework_has_no_losses() -> None:
    assert discover(ast.parse("def my_loss(y_true, y_pred):\n    return y_true - y_pred\n")) == ()


@pytest.mark.parametrize(
    "imports",
    [
        "import tensorflow as tf",
        "from tensorflow import keras",
        "from keras import backend as K",
        "import keras",
        "from tensorflow.keras.losses import Loss",
        "import tensorflow.compat.v1 as tf",
        "try:\n    import tensorflow as tf\nexcept ImportError:\n    tf = None",
        "from .backend import K",
    ],
)
def test_a_framework_is_known_however_it_is_imported(imports: str) -> None:
    module = ast.parse(f"{imports}\ndef my_loss(y_true, y_pred):\n    return y_true - y_pred\n")
    assert [each.name for each in discover(module)] == ["my_loss"]


def test_losses_come_in_the_order_of_the_file() -> None:
    candidates = found(G + F + "model.compile(loss=[f, g])")
    assert [each.name for each in candidates] == ["g", "f"]
    assert [each.line for each in candidates] == [2, 4]


AMONG_LOSSES = Project(of_losses=True)
OVERLAP = "def {name}(y_true, y_pred):\n    '''{doc}'''\n    return tf.abs(y_true - y_pred)\n"


def among_losses(code: str) -> list[str]:
    module = ast.parse("import tensorflow as tf\n" + code)
    return [each.name for each in discover(module, Settings(), AMONG_LOSSES)]


def test_what_a_file_of_losses_offers_is_a_loss() -> None:
    assert among_losses(OVERLAP.format(name="laplace", doc="")) == ["laplace"]
    assert among_losses(OVERLAP.format(name="dice", doc="The Dice loss.")) == ["dice"]
    for loss in ("f1_loss", "F1Loss", "sensitivity_loss", "f1x"):
        assert among_losses(OVERLAP.format(name=loss, doc="")) == [loss]
    factory = "def focal(gamma=2.0):\n    def inner(y_true, y_pred):\n        return y_pred\n"
    assert among_losses(factory + "    return inner\n") == ["focal.inner"]


@pytest.mark.parametrize(
    "code",
    [
        OVERLAP.format(name="dice", doc="Overlap of two masks."),
        OVERLAP.format(name="dice_coef", doc="Part of the loss."),
        OVERLAP.format(name="f1", doc=""),
        OVERLAP.format(name="macro_F2", doc=""),
        OVERLAP.format(name="specificity", doc=""),
        OVERLAP.format(name="negative_predictive_value", doc=""),
        OVERLAP.format(name="_laplace", doc=""),
        OVERLAP.format(name="laplace", doc="") + "print(laplace([1.0], [1.0]))\n",
        "class A:\n    def laplace(self, y_true, y_pred):\n        return tf.abs(y_pred)\n",
    ],
)
def test_a_score_or_a_part_is_no_loss_for_standing_in_a_file_of_losses(code: str) -> None:
    assert among_losses(code) == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("losses.py", True),
        ("shop/custom_losses.py", True),
        ("shop/losses/overlap.py", True),
        ("shop/metrics.py", False),
        ("shop/test_losses.py", False),
        ("loss_curves/plot.py", False),
    ],
)
def test_a_file_says_that_it_holds_losses(path: str, expected: bool) -> None:
    assert names_losses(path.split("/")) is expected


def test_the_framework_may_be_borrowed_from_a_backend_module() -> None:
    code = "from .backend import keras\nclass A(keras.losses.Loss):\n"
    code += "    def call(self, y_true, y_pred):\n        return y_pred\n"
    assert [each.name for each in discover(ast.parse(code))] == ["A"]


@pytest.mark.parametrize(
    "returned",
    ["{'mask': by_mask, 'edge': by_mask}", "[by_mask, by_mask]", "by_mask", "lambda t, p: t - p"],
)
def test_what_returns_losses_is_none(returned: str) -> None:
    code = (
        "def chosen(scale, other):\n    def by_mask(y_true, y_pred):\n        return y_true - y_pred\n"
        f"    return {returned}\n\n\nloss = chosen(1.0, 2.0)\nmodel.compile(loss=chosen)\n"
    )
    assert "chosen" not in names(code)


def test_targets_and_predictions_have_no_default() -> None:
    code = "def total(model, weight=1.0, other=2.0):\n    return tf.reduce_sum(model.x) * weight\n"
    assert names(code + "Trainer(loss_fn=total)\n") == []
    assert names(code.replace("weight=1.0", "weight") + "Trainer(loss_fn=total)\n") == ["total"]


def test_an_object_that_is_called_is_a_loss_where_its_class_says_so() -> None:
    call = "    def __call__(self, y_true, y_pred):\n        return tf.abs(y_true - y_pred)\n"
    loss = only(f"class GapLoss:\n{call}")
    assert (loss.name, loss.form) == ("GapLoss.__call__", Form.METHOD)
    assert names(f"class WeightedCrossEntropy(object):\n{call}") == [
        "WeightedCrossEntropy.__call__"
    ]
    assert names(f"class Gap:\n{call}") == []
    assert names(f"class GapLoss(tf.keras.layers.Layer):\n{call}") == []


def test_what_a_factory_returns_must_take_targets_and_predictions_alone() -> None:
    wrapper = (
        "def copied(original):\n    def wrap(inner, instance, args, kwargs):\n"
        "        return original(*args)\n    return wrap\nmodel.compile(loss=copied(f))\n"
    )
    assert names(wrapper) == []


MADE = (
    "class Gap({base}):\n    def __init__(self, reduction='auto'):\n"
    "        super().__init__(f, reduction)\n"
)
OF_A_FUNCTION = (
    "class Handed(tf.keras.losses.Loss):\n    def __init__(self, fn, reduction):\n"
    "        super().__init__(reduction=reduction)\n        self.fn = fn\n"
    "    def call(self, y_true, y_pred):\n        return self.fn(y_true, y_pred)\n"
)


def test_a_constructor_makes_a_loss_where_what_it_extends_has_a_call() -> None:
    above = {"tf.keras.losses.MeanSquaredError": "", "Handed": OF_A_FUNCTION}
    above["Between"] = OF_A_FUNCTION + "class Between(Handed):\n    pass\n"
    for base, code in above.items():
        candidate = found(code + MADE.format(base=base))[-1]
        assert (candidate.name, candidate.form) == ("Gap", Form.WRAPPER)


def test_a_constructor_makes_no_loss_where_nothing_has_a_call() -> None:
    bare = "class Bare(tf.keras.losses.Loss):\n    pass\n"
    for base in ("tf.keras.losses.Loss", "tf.keras.layers.Layer", "Unknown", "Bare"):
        assert names(bare + MADE.format(base=base)) == []


@pytest.mark.parametrize(
    ("statement", "base"),
    [
        ("from ..keras.losses import Loss", "Loss"),
        ("from project.keras.losses import Loss", "Loss"),
        ("from project import keras", "keras.losses.Loss"),
    ],
)
def test_a_project_may_hand_keras_on(statement: str, base: str) -> None:
    code = f"{statement}\nclass A({base}):\n    def call(self, target, prediction):\n        return target\n"
    assert [each.name for each in discover(ast.parse(code))] == ["A"]


def test_what_takes_more_than_targets_and_predictions_is_no_loss_of_keras() -> None:
    code = "def total(a, b, c):\n    return tf.abs(a - b) * c\n\n\nmodel.compile(loss=total)\n"
    assert names(code) == []
    assert names(code.replace("(a, b, c)", "(y_true, y_pred, c)")) == ["total"]
    assert names(code.replace("loss=total", "loss=functools.partial(total, c=2.0)")) == ["total"]


def test_a_name_that_is_not_read_may_stand_for_the_targets() -> None:
    loss = only("def far_loss(_, y_pred):\n    return tf.reduce_mean(y_pred)")
    assert (loss.y_true, loss.y_pred) == ("_", "y_pred")


def test_the_usual_names_of_losses_say_what_they_are() -> None:
    body = "    return tf.abs(y_true - y_pred)\n"
    for name in (
        "weightedCategoricalCrossentropy",
        "masked_cross_entropy",
        "binary_focal",
        "huber",
        "gaussian_nll",
        "bce_dice",
        "masked_hinge",
    ):
        assert names(f"def {name}(y_true, y_pred):\n{body}") == [name]


def test_a_metric_may_bear_the_short_name_of_a_loss() -> None:
    for name in ("hinge_accuracy", "bce_metric", "bced"):
        assert names(f"def {name}(y_true, y_pred):\n    return tf.abs(y_true - y_pred)\n") == []


COMPUTES = "    def {method}(self, y_true, y_pred):\n        return tf.abs(y_true - y_pred)\n"


def test_a_class_that_is_named_a_loss_computes_one_by_whatever_method() -> None:
    for method in ("compute", "forward", "get"):
        assert names("class BoxLoss:\n" + COMPUTES.format(method=method)) == [f"BoxLoss.{method}"]


def test_what_else_a_class_of_that_name_has_is_no_loss() -> None:
    for method in ("_align", "accuracy", "iou"):
        assert names("class BoxLoss:\n" + COMPUTES.format(method=method)) == []
    assert (
        names("class LossLog(tf.keras.callbacks.Callback):\n" + COMPUTES.format(method="get")) == []
    )


def test_a_model_that_is_loaded_with_a_loss_is_none() -> None:
    (loss,) = found(
        "def read(path):\n"
        "    def cox_loss(y_true, y_pred):\n        return tf.abs(y_true - y_pred)\n"
        "    return tf.keras.models.load_model(path, custom_objects={'cox_loss': cox_loss})\n"
    )
    assert loss.form is Form.NESTED


HANDED = {
    "a difference": ("gap(y_true - y_pred)", "gap(x)", ("x", "x")),
    "the predictions alone": ("tf.abs(y_true - gap(y_pred))", "gap(x)", ("x", "x")),
    "both": ("gap(y_pred, y_true)", "gap(a, b)", ("b", "a")),
    "by keyword": ("gap(b=y_pred, a=2.0)", "gap(a, b)", ("b", "b")),
    "under another name": ("gap(rate, y_true)", "gap(a, b=1.0)", ("b", "a")),
}


@pytest.mark.parametrize(("call", "head", "pair"), HANDED.values(), ids=HANDED.keys())
def test_a_part_is_known_by_what_it_is_handed(call: str, head: str, pair: tuple[str, str]) -> None:
    (part,) = (
        each
        for each in found(
            f"def {head}:\n    return tf.round({head[4]})\n"
            "def a_loss(y_true, y_pred):\n"
            f"    rate = 2.0 * y_pred\n    return {call}\n"
        )
        if each.name == "gap"
    )
    assert part.evidence == (Evidence.REACHED,)
    assert (part.y_true, part.y_pred) == pair


@pytest.mark.parametrize("head", ["output_names, y_true, y_pred", "mask, y_true, y_pred, size"])
def test_a_part_calls_its_predictions_by_their_name_wherever_they_stand(head: str) -> None:
    _, part = sorted(
        found(
            f"def gap({head}):\n    return tf.round(y_pred)\n"
            "def a_loss(y_true, y_pred):\n    return gap(y_pred, y_true, y_pred)\n"
        ),
        key=lambda each: each.name,
    )
    assert (part.y_true, part.y_pred) == ("y_true", "y_pred")


NOT_HANDED = {
    "targets alone": "tf.abs(gap(y_true) - y_pred)",
    "a shape": "y_pred * gap(tf.shape(y_pred))",
    "an attribute": "y_pred * gap(y_pred.shape)",
    "zeros": "y_pred * gap(tf.zeros_like(y_pred))",
}


@pytest.mark.parametrize("call", NOT_HANDED.values(), ids=NOT_HANDED.keys())
def test_a_function_that_is_handed_no_predictions_is_no_part(call: str) -> None:
    code = f"def gap(x):\n    return tf.round(x)\ndef a_loss(y_true, y_pred):\n    return {call}\n"
    assert names(code) == ["a_loss"]


@pytest.mark.parametrize(
    ("types", "is_loss"),
    [
        (("np.ndarray", "np.ndarray", "np.ndarray"), False),
        (("np.ndarray", "np.ndarray", "tf.Tensor"), True),
        (("tf.Tensor", "np.ndarray", "np.ndarray"), True),
    ],
)
def test_what_turns_arrays_into_arrays_evaluates(
    types: tuple[str, str, str], is_loss: bool
) -> None:
    code = (
        "import numpy as np\n"
        "def gap_loss(y_true: {}, y_pred: {}) -> {}:\n"
        "    return K.eval(tf.abs(y_true - y_pred))\n"
    ).format(*types)
    assert (names(code) == ["gap_loss"]) is is_loss
    assert names(code + "model.compile(loss=gap_loss)\n") == ["gap_loss"]


def test_by_what_a_value_is_kept_is_not_what_it_is() -> None:
    weigh = "def weight_of(kind):\n    return 2.0 if kind == 'edge' else 1.0\n"
    loop = "    for kind in KINDS:\n        terms['all ' + kind] = weight_of(kind) * y_pred\n"
    code = f"{weigh}def a_loss(y_true, y_pred):\n    terms = {{}}\n{loop}    return terms['all edge']\n"
    assert names(code) == ["a_loss"]


@pytest.mark.parametrize(("attribute", "is_part"), [("self.gap", True), ("self.share", False)])
def test_of_an_object_only_what_was_set_to_predictions_is_some(
    attribute: str, is_part: bool
) -> None:
    code = (
        "def wide(x):\n    return tf.round(x)\n"
        "class Task:\n"
        "    def a_loss(self, y_true, y_pred):\n"
        "        self.gap = y_true - y_pred\n"
        f"        return wide({attribute}) * tf.abs(self.gap)\n"
    )
    assert ("wide" in names(code)) is is_part


def test_a_function_with_a_gradient_of_its_own_is_no_part() -> None:
    code = "@tf.custom_gradient\ndef gap(x):\n    return tf.round(x), lambda upstream: upstream\n"
    assert names(code + "def a_loss(y_true, y_pred):\n    return gap(y_true - y_pred)\n") == [
        "a_loss"
    ]


def test_beside_the_truth_a_loss_takes_nothing_but_predictions() -> None:
    loss = only("def width_loss(y_true, x):\n    return tf.square(x[:, 1:] - y_true)")
    assert (loss.y_true, loss.y_pred) == ("y_true", "x")
    assert names("def width(y_true, x):\n    return tf.square(x - y_true)") == []
    assert names("def width_loss(y_true, axis, x):\n    return tf.square(x - y_true)") == []


def test_a_function_that_hands_back_what_it_calls_a_loss_is_one() -> None:
    body = "    loss = tf.abs(y_true - y_pred)\n    return loss\n"
    assert names(f"def weighted(y_true, y_pred):\n{body}") == ["weighted"]
    inner = body.replace("    ", "        ")
    factory = f"def weighted(w):\n    def inner(y_true, y_pred):\n{inner}    return inner\n"
    assert names(factory) == ["weighted.inner"]
    for returned in (
        "tf.reduce_mean(loss)",
        "K.sum(loss, axis=-1)",
        "tf.math.reduce_mean(gap_loss)",
    ):
        reduced = body.replace("return loss", f"return {returned}")
        code = f"def weighted(y_true, y_pred):\n{reduced}"
        assert names(code) == ["weighted"]
        assert may_define_a_loss(b"import tensorflow as tf\n" + code.encode(), USUAL)


@pytest.mark.parametrize("name", ["gaploss", "lossfn", "width_lossfunc", "Edgeloss", "_gaploss"])
def test_a_name_may_be_two_words_in_one(name: str) -> None:
    code = f"def {name}(y_true, y_pred):\n    return tf.abs(y_true - y_pred)\n"
    assert names(code) == [name]
    assert may_define_a_loss(b"import tensorflow as tf\n" + code.encode(), USUAL)


@pytest.mark.parametrize("name", ["gloss", "lossless", "lossy", "blossoms", "floss", "glossary"])
def test_a_word_with_loss_in_it_may_be_another(name: str) -> None:
    assert names(f"def {name}(y_true, y_pred):\n    return tf.abs(y_true - y_pred)\n") == []


@pytest.mark.parametrize(
    "code",
    [
        "def mean_accuracy(y_true, y_pred):\n    loss = tf.abs(y_true - y_pred)\n    return loss\n",
        "def weighted(y_true, y_pred):\n    loss = tf.abs(y_true - y_pred)\n    return loss, 1\n",
        "def weighted(y_true, y_pred):\n    losses = tf.abs(y_true - y_pred)\n",
        "def weighted(y_true, y_pred):\n    loss = tf.abs(y_true - y_pred)\n    return tf.exp(loss)\n",
        "def weighted_score(y_true, y_pred):\n    loss = y_true - y_pred\n    return tf.reduce_mean(loss)\n",
        "def weighted(a, b):\n    loss = tf.abs(a - b)\n    return loss\n",
        "def weighted(y_true, y_pred):\n    loss = np.abs(y_true - y_pred)\n    return loss\n",
    ],
)
def test_what_only_has_a_variable_of_that_name_is_none(code: str) -> None:
    assert names("import numpy as np\n" + code) == []


def test_a_method_that_a_loss_calls_is_its_own_before_another_class_s() -> None:
    code = """
class Gap(tf.keras.losses.Loss):
    def prepare(self, y_true, y_pred):
        return y_true - y_pred
    def call(self, y_true, y_pred):
        return tf.square(self.prepare(y_true, y_pred))
class Report:
    def prepare(self, y_true, y_pred):
        return y_true if y_pred else y_true
"""
    assert names(code) == ["Gap", "Gap.prepare"]


def test_a_method_that_a_loss_calls_may_be_a_child_s() -> None:
    code = """
class Scaled(tf.keras.losses.Loss):
    def call(self, y_true, y_pred):
        return self.at_scale(y_true, y_pred)
    def at_scale(self, y_true, y_pred):
        raise NotImplementedError
class Overlap(Scaled):
    def at_scale(self, y_true, y_pred):
        return tf.reduce_sum(y_true * tf.round(y_pred))
"""
    assert names(code) == ["Scaled", "Scaled.at_scale", "Overlap.at_scale"]


@pytest.mark.parametrize(
    ("signature", "is_loss"),
    [
        ("overlap_loss(targets, inputs, smooth=1.0)", True),
        ("overlap_loss(target, input)", True),
        ("overlap(targets, inputs)", False),
        ("compute_loss(inputs, targets)", False),
        ("compute_loss(labels, inputs)", False),
        ("compute_loss(y, inputs)", False),
    ],
)
def test_inputs_behind_targets_are_those_of_the_loss(signature: str, is_loss: bool) -> None:
    code = f"def {signature}:\n    return tf.reduce_mean(targets)\n"
    assert [each.y_pred for each in found(code)] == (["input" + "s" * ("inputs" in code)] * is_loss)


def test_a_method_without_self_is_a_loss_by_way_of_its_class() -> None:
    code = (
        "class Losses:\n"
        "    def soft(y_true, y_pred, smooth=1.0):\n        return tf.abs(y_true - y_pred) + smooth\n"
        "model.compile(loss=Losses.soft)\n"
    )
    candidate = only(code)
    assert (candidate.y_true, candidate.y_pred) == ("y_true", "y_pred")


@pytest.mark.parametrize("first", ["_", "this", "x"])
def test_the_first_parameter_of_a_method_is_its_instance_whatever_it_is_called(first: str) -> None:
    code = (
        f"class Trainer:\n    def fit_loss({first}, y_true, y_pred):\n"
        "        return tf.abs(y_true - y_pred)\n"
    )
    assert only(code).y_true == "y_true"


def test_a_static_method_takes_targets_and_predictions_alone() -> None:
    head = "class Losses:\n    @staticmethod\n"
    body = "        return tf.abs(y_true - y_pred)\n"
    assert names(f"{head}    def a_loss(y_true, y_pred, weight=1.0):\n{body}") == ["Losses.a_loss"]
    assert names(f"{head}    def a_loss(y_true, y_pred, weight):\n{body}") == []


@pytest.mark.parametrize("holder", ["cls", "Losses"])
def test_a_loss_may_call_a_part_by_way_of_its_class(holder: str) -> None:
    code = (
        "class Losses:\n"
        "    @classmethod\n    def soften(cls, x):\n        return tf.round(x)\n"
        "    @classmethod\n    def a_loss(cls, y_true, y_pred):\n"
        f"        return tf.abs(y_true - {holder}.soften(y_pred))\n"
        "class Others:\n    @classmethod\n    def soften(cls, x):\n        return tf.round(x)\n"
    )
    part, loss = found(code)
    assert (part.name, part.y_pred, loss.name) == ("Losses.soften", "x", "Losses.a_loss")


def test_a_method_is_built_by_the_call_of_its_class() -> None:
    code = (
        "class Losses:\n"
        "    def __init__(self, weights):\n        self.weights = weights\n"
        "    def a_loss(self, y_true, y_pred):\n        return tf.abs(y_true - y_pred)\n"
        "Losses([1.0, 2.0]).a_loss(0, 1)\n"
    )
    assert only(code).arguments == ("[1.0, 2.0]",)


REGISTRIES = {
    "by its name": "def register(fn):\n    LOSSES[fn.__name__] = fn\n    return fn\n@register\n",
    "by a given name": (
        "def register(name):\n    def inner(fn):\n        LOSSES[name] = fn\n        return fn\n"
        "    return inner\n@register('f')\n"
    ),
    "in a list": "def register(fn):\n    LOSSES.append(fn)\n    return fn\n@register\n",
}


@pytest.mark.parametrize("registry", REGISTRIES.values(), ids=REGISTRIES.keys())
def test_a_decorator_may_keep_losses_in_a_registry(registry: str) -> None:
    code = f"LOSSES = {{}}\n{registry}{F}{G}model.compile(loss=LOSSES[name])\n"
    assert names(code) == ["f"]


@pytest.mark.parametrize(
    "registry",
    [
        # What decorates is what is called, and that keeps nothing.
        "def register(name):\n    LOSSES[name] = name\n    return lambda fn: fn\n@register('f')\n",
        "def register(fn):\n    OTHERS[fn.__name__] = fn\n    return fn\n@register\n",
        "def register(fn):\n    LOSSES[fn.__name__] = wrapped(fn)\n    return fn\n@register\n",
    ],
)
def test_what_a_decorator_does_otherwise_makes_no_loss(registry: str) -> None:
    assert names(f"LOSSES = {{}}\n{registry}{F}model.compile(loss=LOSSES[name])\n") == []
