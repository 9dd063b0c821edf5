"""The packages by which models are trained, as imports name them."""

FRAMEWORKS = ("tensorflow", "keras", "tf_keras")
"""Those whose losses are looked at."""
OTHER_FRAMEWORKS = ("torch", "jax", "mxnet", "paddle", "mindspore", "theano")
