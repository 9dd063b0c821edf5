"""A model that a loss has predict is called, and gives what it would have predicted."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

from lossfix.verify.probe.prediction import at_once  # noqa: E402


def model(**outputs):
    given = keras.Input((3,))
    hidden = keras.layers.Dropout(0.5)(keras.layers.BatchNormalization()(given))
    made = {name: keras.layers.Dense(units)(hidden) for name, units in outputs.items()}
    return keras.Model(given, made if len(made) > 1 else made.popitem()[1])


@pytest.mark.parametrize("outputs", [{"one": 2}, {"one": 2, "other": 1}])
def test_a_model_predicts_at_once_what_it_predicts(outputs):
    teacher, x = model(**outputs), np.random.default_rng(3).normal(size=(70, 3)).astype("float32")
    slowly = teacher.predict(x, verbose=0)
    with at_once():
        for given in (x, tf.constant(x)):
            for each in (teacher.predict(given), teacher.predict(given, batch_size=7, verbose=0)):
                for part, expected in zip(
                    tf.nest.flatten(each), tf.nest.flatten(slowly), strict=True
                ):
                    assert isinstance(part, np.ndarray)
                    np.testing.assert_allclose(part, expected, rtol=1e-5, atol=1e-6)


def test_in_a_graph_it_raises_as_ever_and_afterwards_it_is_what_it_was():
    teacher, predict = model(one=1), keras.Model.predict
    with at_once():
        assert keras.Model.predict is not predict
        with pytest.raises(Exception, match=r"."):
            tf.function(lambda x: teacher.predict(x, verbose=0))(tf.ones((4, 3)))
        data = tf.data.Dataset.from_tensor_slices(np.ones((4, 3), "float32")).batch(2)
        assert teacher.predict(data, verbose=0).shape == (4, 1)
    assert keras.Model.predict is predict
