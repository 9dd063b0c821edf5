"""What the code of a loss asks of its inputs, and the families and arrangements that follow."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from test_measure import single, verdict_of

from lossfix.model import Probe, Ruling, Safety, State, Subject
from lossfix.verify.probe.curve import draw_curve
from lossfix.verify.probe.families import BY_NAME, ROWS
from lossfix.verify.probe.hints import suggest
from lossfix.verify.probe.reading import read
from lossfix.verify.probe.shaped import fitted, meets, shaped, shapes
from lossfix.verify.probe.slots import arrangements

GRID, CLASSES = 6, 4
ANCHORS = np.ones((2, 2), np.float32)
WEIGHTS = tf.constant([1.0, 2.0, 3.0, 4.0, 5.0])


def columns(y_true, y_pred):
    return y_true[:, 0] * y_pred[:, 4] + y_pred[..., 1:3]


def gridded(y_true, y_pred):
    p = tf.reshape(y_pred, [-1, GRID, GRID, len(ANCHORS), 5 + CLASSES])
    return tf.reduce_sum(p)


def flattened(y_true, y_pred):
    batch = tf.shape(y_pred)[0]
    return tf.reshape(y_pred, [batch, GRID * GRID, -1]) - tf.reshape(y_true, [batch, -1])


def parted(y_true, y_pred):
    mean, spread, tail = tf.split(y_pred, 3, axis=-1)
    return mean + spread + tail


def in_full(y_true, y_pred):
    a, b, c, d = tf.unstack(tf.sigmoid(y_pred), axis=-1)
    return a + b + c + d


def weighed(y_true, y_pred):
    return tf.reduce_sum(y_true * tf.math.log(y_pred) * WEIGHTS, axis=-1)


def weighed_by_an_import(y_true, y_pred):
    from test_demands import WEIGHTS as rates

    return tf.reduce_sum(y_true * tf.math.log(y_pred) * rates, axis=-1)


def opened(y_true, y_pred):
    gain, kept, taken = y_true[:, :1], y_true[:, 1:5], y_true[:, 5:]
    return gain * kept * taken * y_pred


def shared(y_true, y_pred):
    return _helper(y_pred, 3)


def layered(y_true, y_pred):
    first = tf.keras.layers.Lambda(lambda x: x[:, 0])(y_pred)
    return first - (lambda x: x[:, 3])(y_pred)


def _helper(x, column):
    return tf.square(x)[..., column]


def ranked(y_true, y_pred):
    return tf.reduce_sum(y_true * y_pred, axis=[1, 2, 3])


def looped(y_true, y_pred):
    return sum(tf.reduce_mean(y_pred[..., c]) for c in range(CLASSES))


def labelled(y_true, y_pred):
    return tf.one_hot(tf.cast(y_true, tf.int32), 5) * y_pred


def labelled_under_a_loss(y_true, y_pred):
    hot = tf.one_hot(tf.cast(y_true, tf.int32), 5)
    return tf.keras.losses.categorical_crossentropy(hot, tf.nn.softmax(y_pred))


def halved_under_a_loss(y_true, y_pred):
    n = 5
    return tf.keras.losses.mean_squared_error(y_true[:, :n], y_pred) * y_true[:, n]


def picked(y_true, y_pred):
    return tf.gather(params=WEIGHTS, indices=tf.cast(y_true, tf.int32)) * y_pred


def coded(y_true, y_pred):
    return tf.where(tf.not_equal(y_true, -1.0), y_pred, 0.0) * tf.cast(y_true != 9, tf.float32)


def bounded(y_true, y_pred):
    return tf.maximum(tf.minimum(y_pred, 40), 2) - y_true


def gathered(y_true, y_pred):
    return tf.gather(y_true, [1], axis=1) * tf.squeeze(y_pred, axis=1)


def plain(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred))


def of_one(y_pred):
    return tf.reduce_mean(y_pred)


@pytest.mark.parametrize(
    ("loss", "true", "pred"),
    [
        (columns, (1,), (5,)),
        (gridded, None, (6, 6, 2, 9)),
        (flattened, None, (36, 3)),
        (parted, None, (3,)),
        (in_full, None, (4,)),
        (weighed, (5,), (5,)),
        (weighed_by_an_import, (5,), (5,)),
        (opened, (9,), (4,)),
        (shared, None, (4,)),
        (layered, None, (4,)),
        (ranked, (4, 4, 3), None),
        (looped, None, (4,)),
        (labelled, None, (5,)),
        (labelled_under_a_loss, None, (5,)),
        (halved_under_a_loss, (6,), (5,)),
        (bounded, None, None),
        (gathered, (2,), (1,)),
        (plain, None, None),
    ],
)
def test_the_shapes_that_the_code_asks_for(loss, true, pred):
    demands = read(loss)
    for name, expected in (("y_true", true), ("y_pred", pred)):
        found = shapes(demands.at((name,)))
        assert (found[0] if expected is not None else found) == (expected or []), name


def test_what_was_given_beforehand_is_no_input():
    for given in (functools.partial(_helper, column=3), functools.partial(_helper, WEIGHTS, 3)):
        demands = read(given)
        assert demands is not None
        assert demands.parameters == (("x",) if given.keywords else ())
    assert shapes(read(functools.partial(_helper, column=3)).at(("x",)))[0] == (4,)


def test_labels_and_codes_are_read_too():
    assert read(labelled).at(("y_true",)).classes == 5
    assert read(picked).at(("y_true",)).classes == 5
    assert read(coded).at(("y_true",)).codes == {-1.0, 9.0}


def test_what_a_loss_captures_and_what_its_object_holds_is_known():
    def make(width):
        def loss(y_true, y_pred):
            return y_pred[:, :width]

        return loss

    class Loss:
        heads = 3

        def call(self, y_true, y_pred):
            return tf.split(y_pred, self.heads, axis=1)[0]

    assert shapes(read(make(6)).at(("y_pred",)))[0] == (6,)
    assert shapes(read(Loss().call).at(("y_pred",)))[0] == (3,)


def test_what_a_decorator_wraps_is_read_as_the_method_that_it_is():
    def kept(function):
        @functools.wraps(function)
        def inner(*args):
            return function(*args)

        return inner

    class Loss:
        width = 3

        @kept
        def call(self, y_true, y_pred):
            return y_true[:, self.width] - y_pred

    demands = read(Loss().call)
    assert demands.parameters == ("y_true", "y_pred")
    assert demands.at(("y_true",)).least == {1: 4}


def test_only_families_that_meet_the_demands_are_tried():
    demands = read(opened)
    offered = fitted(suggest("def f(t, p): return t * p"), demands)
    assert offered
    for family, _ in offered:
        batch = family.batches(0, 1)[0]
        assert meets(demands.at(("y_true",)), batch.y_true.shape[1:]) or "to" in family.name
        assert meets(demands.at(("y_pred",)), batch.y_pred.shape[1:])


def test_a_family_keeps_its_values_in_another_shape():
    family = shaped(BY_NAME["onehot_prob"], (8, 6), (8, 6))
    batch = family.batches(1, 1)[0]
    assert batch.y_pred.shape == (ROWS, 8, 6)
    np.testing.assert_allclose(batch.y_pred.sum(-1), 1.0)
    np.testing.assert_allclose(batch.y_true.sum(-1), 1.0)
    assert shaped(BY_NAME["onehot_prob"], (3,), (5,)) is None
    index = shaped(BY_NAME["sparse"], (), (9,)).batches(1, 1)[0]
    assert index.y_true.dtype == np.int32
    assert index.y_true.max() < 9


def test_labels_that_belong_to_no_single_step_have_no_curve():
    family = shaped(BY_NAME["sparse"], (3,), (8, 6), 5)
    assert draw_curve(family, None, None, 0) is None


def test_no_inner_size_equals_the_rows():
    batch = shaped(BY_NAME["reg"], (ROWS, 2), (ROWS, 2)).batches(0, 1)[0]
    assert len(batch.y_pred) != ROWS


def test_all_inputs_of_a_loss_reach_it_in_their_own_shapes():
    seen = {}

    def three(anchor, positive, negative, margin=0.5):
        seen.update(anchor=anchor, positive=positive, negative=negative)
        return tf.reduce_mean(tf.square(anchor[:, :4] - positive) - tf.square(anchor - negative))

    family, slots = arrangements(read(three), BY_NAME["reg"])[0]
    batch = family.batches(0, 1)[0]
    slots.around(three)(tf.constant(batch.y_true), tf.constant(batch.y_pred))
    assert {tensor.shape for tensor in seen.values()} == {(ROWS, 4)}
    joined = np.concatenate([seen[name] for name in ("anchor", "positive", "negative")], axis=1)
    np.testing.assert_array_equal(joined, batch.y_pred)


def test_dictionaries_and_tuples_are_built_of_their_tensors():
    def heads(y_true, y_pred):
        coarse, fine = y_pred["map"]
        return tf.reduce_sum(coarse * fine) + tf.reduce_sum(y_true["label"] - y_pred["score"])

    _, slots = arrangements(read(heads), BY_NAME["reg"])[0]
    paths = {slot.path: slot.predicted for slot in slots.slots}
    assert paths == {
        ("y_true", "label"): False,
        ("y_pred", "map", "0"): True,
        ("y_pred", "map", "1"): True,
        ("y_pred", "score"): True,
    }


def test_two_tensors_of_targets_and_predictions_need_no_arrangement():
    assert arrangements(read(plain), BY_NAME["reg"]) == []
    assert arrangements(read(of_one), BY_NAME["reg"]) == []


IMPORTS = "import numpy as np\nimport tensorflow as tf\n"


@pytest.mark.parametrize(
    ("source", "state", "family"),
    [
        (
            "def loss(anchor, positive, negative):\n"
            "    near = tf.reduce_sum(tf.square(anchor - positive), axis=-1)\n"
            "    far = tf.reduce_sum(tf.square(anchor - negative), axis=-1)\n"
            "    return tf.reduce_mean(tf.maximum(near - far + 1.0, 0.0))\n",
            State.LIVE,
            "negative",
        ),
        (
            "def loss(y_true, y_pred, mask):\n"
            "    hit = tf.cast(tf.round(y_pred) != y_true, tf.float32)\n"
            "    return tf.reduce_sum(mask * hit) / tf.reduce_sum(mask)\n",
            State.NONE,
            "mask",
        ),
        (
            "def loss(targets, logits, lengths):\n"
            "    mask = tf.sequence_mask(lengths, tf.shape(targets)[1], tf.float32)\n"
            "    each = tf.nn.sparse_softmax_cross_entropy_with_logits(\n"
            "        labels=targets, logits=logits)\n"
            "    return tf.reduce_sum(each * mask) / tf.reduce_sum(mask)\n",
            State.LIVE,
            "lengths ()",
        ),
        (
            "G, C = 7, 3\n"
            "def loss(y_true, y_pred):\n"
            "    p = tf.reshape(y_pred, [-1, G, G, C + 5])\n"
            "    t = tf.reshape(y_true, [-1, G, G, C + 5])\n"
            "    return tf.reduce_sum(t[..., C:C + 1] * tf.square(t - p), axis=[1, 2, 3])\n",
            State.LIVE,
            "(7, 7, 8)",
        ),
    ],
)
def test_a_loss_of_other_inputs_is_measured(source, state, family, tmp_path):
    verdict = verdict_of(single(source), tmp_path)
    assert verdict.ruling is Ruling.MEASURED, verdict
    assert verdict.before is state
    assert family in verdict.family


TRIPLET = """
def loss(anchor, positive, negative):
    near = np.sum(np.square(anchor - positive), axis=-1)
    far = np.sum(np.square(anchor - negative), axis=-1)
    return np.mean(np.maximum(near - far + 1.0, 0.0))
"""


@pytest.mark.parametrize("swapped", [False, True])
def test_a_rewrite_of_three_tensors_is_held_to_its_original(swapped, tmp_path):
    after = TRIPLET
    for old, new in (("np.sum", "tf.reduce_sum"), ("np.mean", "tf.reduce_mean"), ("np.", "tf.")):
        after = after.replace(old, new)
    if swapped:
        after = after.replace("near - far", "far - near")
    subjects = (Subject(IMPORTS + source, "loss") for source in (TRIPLET, after))
    verdict = verdict_of(Probe("loss", *subjects, Safety.EXACT), tmp_path)
    assert verdict.before is State.NONE
    assert verdict.ruling is (Ruling.CHANGED_MEANING if swapped else Ruling.FIXED), verdict
