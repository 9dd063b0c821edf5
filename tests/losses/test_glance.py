"""No loss is missed by a glance at the bytes of its file."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from lossfix.losses.discovery.candidate import Settings
from lossfix.losses.discovery.discover import discover
from lossfix.losses.discovery.glance import (
    may_concern_a_loss,
    may_define_a_loss,
    may_use_a_loss,
    without_prose,
)
from lossfix.losses.discovery.steps import may_wire_a_loss

ROOT = Path(__file__).parents[2]
PLAIN = Settings()


def passes(text: str, settings: Settings = PLAIN) -> bool:
    data = text.encode()
    return may_define_a_loss(data, settings) or may_use_a_loss(data)


@pytest.mark.parametrize(
    "file",
    sorted((ROOT / "fixtures").rglob("*.py")),
    ids=lambda file: file.relative_to(ROOT).as_posix(),
)
def test_every_file_that_holds_a_loss_is_worth_parsing(file: Path) -> None:
    text = file.read_text("utf-8")
    if discover(ast.parse(text), PLAIN):
        assert passes(text)


@pytest.mark.parametrize(
    "text",
    [
        "import tensorflow as tf\ndef dice_loss(y_true, y_pred): ...",
        "import keras\ndef dice_loss(\n    y_true,  # (batch, 1)\n    y_pred,\n): ...",
        "import keras\ndef dice_loss(y_true: Callable[[int], int], y_pred): ...",
        "from .backend import K\ndef make_cost(a):\n  def inner(labels, logits): ...\n  return inner",
        "import keras\nclass A:\n  def my_loss(this, target, output): ...",
        "import keras\ndef cost(alpha):\n  if alpha:\n    def f(y_true, y_pred): ...\n  return f",
        "import keras\ndef dice_loss(y_true, y_pred, smooth=(1, 2), axes=','): ...",
        "import keras\ndef dice_loss(y_true, y_pred, /, *, smooth=1, axis=None, **more): ...",
        "import keras\nm.compile('adam', loss=keras.losses.LossFunctionWrapper(penalty))",
        "import keras\nclass A(MeanMetricWrapper): ...",
        "import keras\nclass Net:\n  def metrics(self): return [dice]",
        "import keras\nm.compile('adam', loss='mse', metrics=[keras.metrics.AUC(), penalty])",
        "import keras\nm.compile('adam', loss=keras.metrics.AUC())",
        "import keras\nm.compile('adam', loss='mse', metrics=['mse', penalty])",
        "import keras\nm.compile('adam', loss=['mse', penalty])",
        "import keras\n@register('gap')\n@checked\ndef gap(a, b=None): ...",
        "import keras\nzoo.LOSSES['gap'] = gap\n",
        "import keras\nclass A(keras.losses.Loss):\n  def call(self, a, b): ...",
        "from keras.losses import LossFunctionWrapper\n"
        "class A(LossFunctionWrapper):\n  def __init__(self): super().__init__(penalty)",
        "import keras\ndef weighted(y_true, y_pred):\n  dice_loss = 1\n  return dice_loss",
        "import keras\nclass BoxLoss:\n  def compute(self, y_true, y_pred): ...",
        "from keras.losses import Huber\nclass A(Huber):\n  def call(self, a, b): ...",
        "import keras\nBase = keras.losses.Loss\nclass A(Base):\n  def call(self, a, b): ...",
        "import keras\nm.compile(Adam(schedule(1, rate=2), b=3), penalty)",
        "import keras\nm.compile('adam',  # as ever\n  loss=penalty)",
        "import keras\nm.compile('adam',\n  # as ever\n  loss=penalty)",
        "import keras\nm.compile(**{'loss': penalty})",
        "import keras\nm.compile('adam', loss='penalty')",
        "import keras\nm.compile('adam', 'mse', metrics=[penalty])",
        "import keras\nm.compile('adam', 'penalty')",
        "import keras\nm.compile('adam', ['mse', penalty])",
        "import keras\nload(path, custom_objects={  # our own\n  'penalty': penalty})",
        "import keras\nwith keras.utils.CustomObjectScope({'penalty': penalty}): load(path)",
        "import keras\ndef weigh(\n  y_true,  # (batch, [1])\n  y_pred):\n  my_loss = 1\n  return my_loss",
        "import keras\ndef weigh(rate: Callable[[int], int] = (1, 2), /): ...\n"
        "def f(y_true: Tensor['b, 1'], y_pred: Tensor[int]):\n  def inner(): ...\n  return loss",
        "import keras\nkeras.utils.get_custom_objects()['penalty'] = penalty",
        "import tensorflow as tf\nwith tf.GradientTape() as t: l = f(1, 2)\n"
        "def f(y_true, y_pred): ...",
    ],
)
def test_what_defines_or_names_a_loss_is_worth_parsing(text: str) -> None:
    assert passes(text)


@pytest.mark.parametrize(
    "text",
    [
        "def dice_loss(y_true, y_pred): ...",
        "import keras\nm.compile('adam', loss='mse', metrics=['accuracy'])",
        "import keras\nm.compile(optimizer=Adam(1e-3), loss=None)",
        "import keras\nimport re\npattern = re.compile('a', re.I)",
        "import keras\nloss = m.fit(x, y)\nprint(loss)",
        "import keras\ndef glossary(y_true, y_pred): ...",
        "import keras\ndef loss_of(path, depth): ...",
        "import keras\ndef ctc_loss(target, output, target_length, output_length): ...",
        "import keras\ndef loss_of(path): ...\ndef compare(y_true, y_pred): ...",
        "import tensorflow as tf\nm.compile('adam', loss='mse', metrics=[tf.keras.metrics.AUC(name='a')])",
        "import keras\nm.compile('adam', loss=keras.losses.Huber(delta=2.0), metrics=['mse'])",
        "import keras\nm.compile('adam', 'mse')",
        "import keras\nshown = {'loss': 'red', 'metrics': 'blue'}",
        "import keras\nfrom keras.utils import get_custom_objects\nload(path, custom_objects={})",
        "import keras\ndef loss_of(names: list[str], sizes: dict[str, int] = {}): ...",
        "import keras\ndef in_top(predictions: Any, targets: Any): ...\n"
        "def mean_of(t: Annotated[Any, 'l2']):\n  return l2_loss",
        "import keras\n@register('net')\ndef net(inputs): ...",
        "import keras\n@keras.saving.register_keras_serializable()\ndef mixed(a, b): ...",
        "import keras\nlosses['train'] = 0.5\n",
    ],
)
def test_what_says_nothing_of_any_loss_is_not_parsed(text: str) -> None:
    assert not passes(text)


def test_words_of_the_configuration_count() -> None:
    settings = Settings(frozenset({"soll"}), frozenset({"ist"}), frozenset({"own.Penalty"}))
    assert passes("import keras\ndef dice_loss(soll, ist): ...", settings)
    assert passes("import keras\nclass A(Penalty):\n  def call(self, a, b): ...", settings)


def test_a_loss_of_its_own_kind_with_the_backend_is_worth_parsing() -> None:
    assert may_wire_a_loss(
        b"from keras import backend as K\ndef triplet_loss(anchor, near, far): ..."
    )
    assert may_wire_a_loss(b"from keras import backend as K\ndef f(a): return K.ctc_batch_cost(*a)")
    assert may_wire_a_loss(b"import keras as k\ndef my_loss(a): return k.backend.mean(a)")
    assert not may_wire_a_loss(b"from keras import backend as K\ndef sampling(args): ...")
    assert not may_wire_a_loss(b"from .distribution import backend\ndef scale_loss(a, b): ...")


def test_a_gradient_that_trains_something_is_worth_parsing() -> None:
    taken = (
        b"import tensorflow as tf\nwith tf.GradientTape() as tape: ...\ng = tape.gradient(y, x)\n"
    )
    assert not may_wire_a_loss(taken)
    assert may_wire_a_loss(taken + b"optimizer.apply_gradients(zip(g, x))")
    assert may_wire_a_loss(taken + b"x.assign_sub(g)")
    assert may_wire_a_loss(taken.replace(b"(y, x)", b"(y, model.trainable_variables)"))


def test_a_test_of_a_loss_uses_the_backend_at_its_own_risk() -> None:
    text = b"import tensorflow as tf\ndef %s(self): ..."
    assert may_wire_a_loss(text % b"gap_loss")
    assert not may_wire_a_loss(text % b"test_gap_loss")


@pytest.mark.parametrize(
    ("body", "lists"),
    [
        ("return [dice]", True),
        ("found = 1\n\n    return (\n      dice, gap)", True),
        ("\n    # no list\n\n    if a:\n      return {'dice': dice}", True),
        ("return dice, gap", True),
        ("return self._metrics\n  def losses(self): return [dice]", False),
        ("return self._metrics\nall = lambda: [dice]\ndef f(): return [dice]", False),
    ],
)
def test_metrics_are_listed_where_they_are_written_out(body: str, lists: bool) -> None:
    text = f"import keras\nclass Net:\n  def metrics(self):\n    {body}\n"
    assert may_use_a_loss(text.encode()) is lists


def test_documentation_is_no_code() -> None:
    example = b'"""\n>>> model.compile(loss=penalty)  # as in: import keras\n"""\n'
    assert not may_concern_a_loss(b"import keras\n" + example, PLAIN)
    assert may_concern_a_loss(example + b"import keras\nmodel.compile(loss=penalty)", PLAIN)


def test_a_list_of_metrics_concerns_losses_where_nothing_says_keras() -> None:
    listed = b"from .losses import dice\nclass Net:\n  def metrics(self): return [dice]\n"
    assert may_concern_a_loss(listed, PLAIN)
    assert not may_concern_a_loss(listed.replace(b"losses", b"scores"), PLAIN)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("""a = '#'  # a 'b\nc = "it's" """, """a = '#'  \nc = "it's" """),
        ("""'''a\n\"\"\" # b''' + c""", '"" + c'),
        (r'r"""a\"""" + """b"" """ + d', 'r"" + "" + d'),
        (r"a = '\'#' + b", r"a = '\'#' + b"),
        ('f"{d["k"]}" + e  # f', 'f"{d["k"]}" + e  '),
        ('"""never closed\nloss(a)', '"""never closed\nloss(a)'),
    ],
)
def test_only_comments_and_documentation_are_left_out(text: str, left: str) -> None:
    assert without_prose(text.encode()) == left.encode()
