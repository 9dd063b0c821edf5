"""What single operations ask of the shapes of the inputs of a loss, alone and one after the other."""

import runpy

import numpy as np
import pytest
import tensorflow as tf

from lossfix.verify.probe.families import BY_NAME
from lossfix.verify.probe.hints import suggest
from lossfix.verify.probe.reading import read
from lossfix.verify.probe.shaped import fitted, shapes
from lossfix.verify.probe.slots import turned
from lossfix.verify.probe.training import build, features

TOLERANCES = tf.constant([0.3, 0.1, 0.4, 0.2, 0.5, 0.6, 0.2, 0.9, 0.7])
KERNEL = tf.ones((3, 5, 2, 4))
GREY = tf.ones((3, 3, 1, 2))
WINDOWS = (512, 128)


def reduced_twice(y_true, y_pred):
    per_map = tf.reduce_mean(tf.square(y_true - y_pred), axis=[2, 3])
    return tf.reduce_sum(per_map, axis=2)


def scaled_by_a_table(y_true, y_pred):
    apart = tf.reduce_sum(tf.abs(y_true[..., :2] - y_pred[..., :2]), axis=-1)
    return apart / TOLERANCES * y_true[..., 2]


def counted(y_true, y_pred):
    found = tf.reduce_sum(y_true, axis=-1)
    return tf.one_hot(tf.cast(found, tf.int32), 9) * tf.cast(tf.equal(found, 4.0), tf.float32)


def kept_axes(y_true, y_pred):
    return tf.reduce_sum(y_true, axis=-1, keepdims=True) * TOLERANCES


def convolved(y_true, y_pred):
    return _edges(y_true) - _edges(y_pred)


def _edges(image):
    return tf.nn.conv2d(image, KERNEL, 1, "VALID")


def pooled_in_volumes(y_true, y_pred):
    pool = tf.keras.layers.MaxPooling3D(2)
    return pool(y_pred) - tf.nn.max_pool3d(y_true, 2, 2, "SAME")


def framed(y_true, y_pred):
    return sum(tf.reduce_mean(_spectrum(y_pred, size)) for size in WINDOWS)


def _spectrum(wave, size):
    return tf.abs(tf.signal.stft(wave, size, size // 4))


def alike_at_two_scales(y_true, y_pred):
    return tf.image.ssim_multiscale(y_true, y_pred, 1.0, (0.3, 0.7), filter_size=5)


def alike(y_true, y_pred):
    return tf.image.ssim(y_true, y_pred, max_val=1.0)


likeness = tf.image.ssim


def alike_under_another_name(y_true, y_pred):
    return likeness(y_true, y_pred, max_val=1.0)


def grey_edges(y_true, y_pred):
    def edges(image):
        grey = tf.image.rgb_to_grayscale(image)
        return tf.nn.conv2d(grey, GREY, 1, "SAME")

    return edges(y_true) - edges(y_pred)


def connected(y_true, y_pred):
    steps = tf.fill([tf.shape(y_pred)[0]], tf.shape(y_pred)[1])
    used = tf.reduce_sum(tf.cast(y_true != 0, tf.int32), axis=-1)
    return tf.nn.ctc_loss(y_true, y_pred, used, steps, logits_time_major=False, blank_index=-1)


def boxes_in_cells(y_true, y_pred):
    boxes = tf.reshape(tf.sigmoid(y_pred[..., 9:]), [-1, 6, 5, 2, 4])
    return boxes[..., 0, :] * y_true[..., 9:13]


def boxes_in_rows(y_true, y_pred):
    return tf.reshape(y_pred[:, 9:], [-1, 6, 4])


def of_its_fourth_axis(y_true, y_pred):
    classes = y_pred.shape[3]
    return tf.reshape(y_true, (-1,)) + tf.reshape(y_pred, (-1, classes))[..., 0]


def unpacked(y_true, y_pred):
    batch, rows, columns, channels = y_true.shape
    return tf.reduce_sum(y_pred) / (batch * rows * columns * channels)


def refused(y_true, y_pred):
    if not (y_true.ndim == y_pred.ndim == 3 and y_true.shape[2] == y_pred.shape[2] == 6):
        raise ValueError("n * n * 6")
    return y_true - y_pred


def insisted(y_true, y_pred):
    assert tf.keras.backend.ndim(y_pred) == 4, "images"
    tf.debugging.assert_equal(tf.shape(y_pred)[-1], 2)
    if len(y_true.shape) != 3:
        raise ValueError("no channels")
    return y_pred[..., 0] - y_true


@pytest.mark.parametrize(
    ("loss", "name", "shape"),
    [
        (boxes_in_cells, "y_pred", (6, 5, 17)),
        (boxes_in_rows, "y_pred", (33,)),
        (of_its_fourth_axis, "y_pred", (4, 4, 3)),
        (unpacked, "y_true", (4, 4, 3)),
        (refused, "y_true", (5, 6)),
        (insisted, "y_pred", (4, 4, 2)),
        (insisted, "y_true", (5, 3)),
        (reduced_twice, "y_true", (5, 5, 5, 3)),
        (scaled_by_a_table, "y_true", (9, 3)),
        (convolved, "y_pred", (3, 5, 2)),
        (grey_edges, "y_true", (4, 4, 3)),
        (grey_edges, "y_pred", (4, 4, 3)),
        (pooled_in_volumes, "y_pred", (5, 5, 5, 3)),
        (pooled_in_volumes, "y_true", (5, 5, 5, 3)),
        (framed, "y_pred", (896,)),
        (alike_at_two_scales, "y_true", (10, 10, 3)),
        (alike, "y_true", (12, 12, 3)),
        (alike_under_another_name, "y_true", (12, 12, 3)),
        (connected, "y_true", (3,)),
        (connected, "y_pred", (8, 6)),
    ],
)
def test_the_shapes_that_operations_ask_for(loss, name, shape):
    assert shapes(read(loss).at((name,)))[0] == shape


def asked_only(y_true, y_pred):
    if (y_pred.shape.rank == 4 and y_pred.shape[-1] == 9) or tf.shape(y_pred)[0] == 0:
        return tf.reduce_mean(y_pred)
    return tf.reduce_mean(y_pred, axis=-1) / tf.cast(tf.shape(y_true)[1], tf.float32)


def test_a_shape_that_is_asked_about_is_no_demand():
    for name in ("y_true", "y_pred"):
        assert not read(asked_only).at((name,)).of_shape


def test_targets_lie_in_the_cells_of_predictions_that_are_reshaped():
    family, _ = fitted(suggest("def f(t, p): return t * p"), read(boxes_in_cells))[0]
    batch = family.batches(0, 1)[0]
    assert batch.y_pred.shape[1:] == (6, 5, 17)
    assert batch.y_true.shape[1:] == (6, 5, 13)


@pytest.mark.parametrize("width", ["y_pred.shape[-1]", "tf.shape(y_pred)[-1]"])
def test_indices_of_as_many_classes_as_there_are_predictions(width, tmp_path):
    source = f"return tf.one_hot(tf.cast(y_true, tf.int32), {width}) * y_pred"
    path = tmp_path / "hot.py"
    path.write_text(f"import tensorflow as tf\ndef loss(y_true, y_pred):\n    {source}\n")
    demands = read(runpy.run_path(str(path))["loss"])
    assert demands.at(("y_true",)).classes == -1
    family, _ = fitted(suggest("def f(t, p): return t * p"), demands)[0]
    assert family.labels == "index"


def of_one_label(y_true, y_pred):
    labels = tf.squeeze(y_true, axis=1)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=y_pred)


def test_labels_in_a_column_that_is_squeezed_stay_labels():
    demand = read(of_one_label).at(("y_true",))
    assert (demand.exact, demand.classes) == ({1: 1}, -1)


class _Classes(tf.keras.losses.Loss):
    def call(self, y_true, y_pred):
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=y_true, logits=y_pred)


class _Boxes(tf.keras.losses.Loss):
    def __init__(self):
        super().__init__()
        self.of_classes = _Classes()

    def call(self, y_true, y_pred):
        hot = tf.one_hot(tf.cast(y_true[:, :, 4], tf.int32), depth=9)
        return self.of_classes(hot, y_pred[:, :, 4:])


def test_a_loss_that_another_calls_is_followed():
    assert read(_Boxes().call).at(("y_pred",)).exact == {2: 13}


def _in_pairs(y):
    return tf.reshape(y, (-1, 21, 2))


def summed():
    return lambda t, p: tf.reduce_sum(_in_pairs(t) - _in_pairs(p))


def test_a_lambda_is_read_too():
    demands = read(summed())
    assert [shapes(demands.at((name,)))[0] for name in ("t", "p")] == [(21, 2), (21, 2)]
    assert read([lambda t, p: t - p, lambda t, p: p][1]) is None


def between(y_true, y_pred):
    return y_true[:, :, 4:-8] * tf.math.log(y_pred[:, :, 4:-8]) + y_true[:, :, -8:-4]


def varied(y_true, y_pred):
    down = y_pred[:, 1:, :] - y_pred[:, :-1, :]
    return (
        tf.square(down) * tf.constant([1.0, 2.0, 3.0, 4.0]) - y_true[:, :, :, :6] * TOLERANCES[:6]
    )


def test_a_part_of_an_axis_says_nothing_of_another():
    demands = read(varied)
    assert demands.at(("y_pred",)).exact == {}
    assert demands.at(("y_true",)).exact == {}


def test_a_part_between_both_ends_has_an_element():
    assert shapes(read(between).at(("y_true",)))[0] == (5, 13)


def one_is_reshaped(y_true, y_pred):
    maps = tf.reduce_mean(tf.abs(y_true - y_pred), axis=(1, 2))
    return maps + tf.reduce_mean(tf.reshape(y_pred, [-1, 23, 19]))


def test_targets_have_the_shape_to_which_predictions_are_reshaped():
    family, _ = fitted(suggest("def f(t, p): return t * p"), read(one_is_reshaped))[0]
    batch = family.batches(0, 1)[0]
    assert batch.y_true.shape == batch.y_pred.shape == (*batch.y_pred.shape[:1], 23, 19)


def predictions_first(output, target):
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=output)


def targets_first(target, output):
    return tf.reduce_mean(tf.square(output - target))


def test_predictions_that_come_first_are_handed_over_first():
    assert turned(read(targets_first), BY_NAME["reg"]) == []
    family, slots = turned(read(predictions_first), BY_NAME["sparse_logits"])[0]
    assert slots.turned
    batch = family.batches(0, 1)[0]
    value = slots.around(predictions_first)(
        tf.constant(batch.y_true), tf.constant(batch.y_pred, tf.float32)
    )
    assert value.shape == (len(batch.y_pred),)


def test_what_is_left_of_an_input_says_nothing_of_its_own_elements():
    demand = read(counted).at(("y_true",))
    assert (demand.classes, demand.codes) == (0, set())
    assert not read(kept_axes).at(("y_true",)).of_shape


def test_targets_and_predictions_share_all_but_their_last_axis_first():
    family, _ = fitted(suggest("def f(t, p): return t * p"), read(scaled_by_a_table))[0]
    batch = family.batches(0, 1)[0]
    assert batch.y_true.shape[1:] == (9, 3)
    assert batch.y_pred.shape[1:-1] == (9,)


def test_indices_are_drawn_where_the_code_takes_the_targets_for_some():
    family, _ = fitted([(BY_NAME[n], 1.0) for n in ("reg", "sparse_logits")], read(connected))[0]
    assert family.labels == "index"


def test_the_model_for_large_samples_stays_small():
    batch = BY_NAME["seg_bin"].batches(0, 1)[0]
    large = type(batch)(
        "large", np.tile(batch.y_true, (1, 40, 40, 1)), np.tile(batch.y_pred, (1, 40, 40, 1))
    )
    inputs = features(large)
    assert inputs.shape[1] <= 64
    assert len(np.unique(inputs, axis=0)) == len(batch.y_true)
    assert build(large, 0).count_params() < 2e6
