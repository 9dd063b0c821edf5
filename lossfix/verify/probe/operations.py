"""What the operations of TensorFlow, Keras and NumPy ask of the shapes of the tensors they are fed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Optional

import numpy as np

from .connectionist import ctc, ctc_loss
from .demands import Extent, Known, Value, View, Wide, shape_of
from .sizes import Call, Sizes
from .windows import COLOURS, IMAGES, WINDOWED, colours, framed, images, windowed

_ELEMENTWISE = frozenset("""
    abs acos add asin cast clip clip_by_value convert_to_tensor cos divide divide_no_nan equal exp floor
    greater greater_equal identity is_nan l2_normalize less less_equal log log1p log_softmax logical_not
    maximum minimum multiply not_equal ones_like pow relu round sigmoid sign sin softmax softplus sqrt square
    stop_gradient subtract tanh to_float where zeros_like
    """.split())
_OF_TWO = frozenset("""
    batch_dot binary_crossentropy categorical_crossentropy cosine_similarity huber kl_divergence
    kullback_leibler_divergence log_cosh logcosh mean_absolute_error mean_squared_error poisson
    mae mse MAE MSE kld KLD
    """.split())
"""Of two tensors whose last axes are alike, such as Keras' losses."""
_COMPARING = frozenset({"equal", "not_equal"})
_REDUCING = ("reduce_", "sum", "mean", "max", "min", "prod", "norm", "std", "logsumexp")
_REDUCTIONS = frozenset(f"{start}{name}" for start in ("", "reduce_") for name in _REDUCING[1:])
"""What leaves the axes alone that it is not asked for."""
_OF_ELEMENTS = frozenset("one_hot gather sequence_mask ctc_batch_cost ctc_loss".split())
"""What says what the elements of its input are."""
_LEFT = 3
"""The size of an axis that a reshape leaves open."""


def operation(
    sizes: Sizes, name: str, arguments: list[Value], named: dict[str, Value], count: Optional[int]
) -> Value:
    """A function of TensorFlow, Keras or NumPy, by the last part of its name."""
    listed = [*arguments, *named.values()]
    for each in arguments[:1]:
        listed += each if isinstance(each, list) else []
    views = [each for each in listed if isinstance(each, View)]
    wide = [each for each in listed if isinstance(each, Wide)]
    if not views:
        return wide[0] if wide and name in _ELEMENTWISE else None
    call = Call(name, arguments, named, views, count)
    if name in _OF_ELEMENTS and call.view.reduced:
        return None
    if name in _BY_NAME:
        return _BY_NAME[name](sizes, call)
    if name.startswith("sparse_") and "crossentropy" in name.replace("_", ""):
        return _sparse(sizes, call)
    if name in COLOURS:
        return colours(sizes, call)
    if name in IMAGES:
        return images(sizes, call)
    if name in WINDOWED:
        return windowed(sizes, call)
    if name in _OF_TWO or ("cross_entropy_with_logits" in name and "sparse" not in name):
        sizes.meet([*arguments[:2], *named.values()])
        return None
    # `minimum(y_pred, 3)` reduces nothing.
    if name.startswith(_REDUCING) and name not in _ELEMENTWISE:
        axis = call.axis if call.axis is not None else call.second
        left = _reduced(sizes, call.view, axis)
        return None if "keepdims" in named or name not in _REDUCTIONS else left
    if name in _COMPARING:
        sizes.coded(arguments)
    if name in _ELEMENTWISE:
        if name not in ("clip_by_value", "clip", "cast"):
            sizes.meet(arguments)
        return call.view
    return None


def _reshape(sizes: Sizes, call: Call) -> Value:
    """To the shape that is its second argument."""
    return _reshaped(sizes, call.view, call.second or call.named.get("shape"))


def _parted(sizes: Sizes, call: Call) -> Value:
    """Into parts of one axis."""
    number = call.named.get("num_or_size_splits", call.named.get("num", call.second))
    where = call.axis or (call.arguments[2] if len(call.arguments) > 2 else Known(0))
    return _split(sizes, call.view, number if call.name == "split" else Known(call.count), where)


def _product(sizes: Sizes, call: Call) -> Value:
    """Of matrices: the last axis of an input fits a constant."""
    if isinstance(call.second, Known):
        sizes.multiplied(call.view, shape_of(call.second.value))
    return None


def _one_hot(sizes: Sizes, call: Call) -> Value:
    """Of class numbers, of which there are as many as it is deep."""
    depth = call.named.get("depth", call.named.get("num_classes", call.second))
    if isinstance(depth, Known) and isinstance(depth.value, (int, np.integer)):
        sizes.demands.at(call.view.path).classes = int(depth.value)
        return Wide(int(depth.value))
    if isinstance(depth, Extent) and depth.axis == -1 and depth.view.path != call.view.path:
        demand = sizes.demands.at(call.view.path)
        demand.classes = demand.classes or -1
    return None


def _gather(sizes: Sizes, call: Call) -> Value:
    """From a constant table, by class numbers."""
    table = call.arguments[0] if call.arguments else call.named.get("params")
    size = shape_of(table.value) if isinstance(table, Known) else None
    if table is call.view:
        _picked(sizes, call.view, call.second or call.named.get("indices"), call.axis)
    if not size:
        return None
    sizes.demands.at(call.view.path).classes = size[0]
    return Wide(size[-1]) if len(size) > 1 else None


def _concat(sizes: Sizes, call: Call) -> Value:
    """Of parts whose widths may be known, along the last axis."""
    parts = call.arguments[0] if call.arguments else None
    where = call.axis or call.second
    if not isinstance(parts, list):
        return None
    widths = [sizes.width(each) for each in parts]
    last = isinstance(where, Known) and where.value in (1, -1)
    return Wide(sum(widths)) if last and min(widths) > 0 else None


def _sparse(sizes: Sizes, call: Call) -> Value:
    """A cross-entropy whose labels are class numbers."""
    labels = call.named.get("labels", call.arguments[0] if call.arguments else None)
    if isinstance(labels, View):
        demand = sizes.demands.at(labels.path)
        demand.classes = demand.classes or -1
    return None


def _sequence_mask(sizes: Sizes, call: Call) -> Value:
    """Of lengths."""
    sizes.demands.at(call.view.path).lengths = True
    return None


def _squeeze(sizes: Sizes, call: Call) -> Value:
    """Of an axis of one."""
    where = call.axis or call.second
    if not isinstance(where, Known) or not isinstance(where.value, int) or where.value == 0:
        return None
    sizes.exactly(call.view, where.value, 1)
    if where.value == -1:
        return replace(call.view, back=call.view.back + 1)
    return replace(call.view, front=call.view.front + 1) if where.value == 1 else None


def _transpose(sizes: Sizes, call: Call) -> Value:
    """By an order of all axes."""
    order = call.named.get("perm", call.second)
    if isinstance(order, Known) and call.view == View(call.view.path):
        sizes.demands.at(call.view.path).rank = len(order.value)
    return None


def _picked(sizes: Sizes, view: View, indices: Value, axis: Value) -> None:
    """Elements that are gathered along an axis by indices that are known."""
    if not isinstance(indices, Known) or not isinstance(axis, Known) or not axis.value:
        return
    given = indices.value if isinstance(indices.value, (tuple, list)) else [indices.value]
    numbers = [each for each in given if isinstance(each, int) and each >= 0]
    if numbers and isinstance(axis.value, int):
        where = axis.value + view.front if axis.value > 0 else axis.value - view.back
        least = sizes.demands.at(view.path).least
        least[where] = max(least.get(where, 1), max(numbers) + 1)


def _reduced(sizes: Sizes, view: View, axis: Value) -> Value:
    """Over axes that have to be there: what is left of the input without them."""
    if not isinstance(axis, Known):
        return None
    axes = axis.value if isinstance(axis.value, (tuple, list)) else [axis.value]
    numbers = [each for each in axes if isinstance(each, int)]
    need = max((n + 1 if n >= 0 else -n for n in numbers), default=0)
    demand = sizes.demands.at(view.path)
    if need > 1:
        demand.rank = max(demand.rank, need + view.front + view.back + view.lost)
    left = replace(view, width=0, opened=None, reduced=True)
    if axes == [-1] and not view.lost:
        return replace(left, back=view.back + 1)
    behind = len(numbers) == len(axes) and all(each > 0 for each in numbers)
    return replace(left, lost=view.lost + len(axes)) if behind else None


def _reshaped(sizes: Sizes, view: View, shape: Value) -> Value:
    """An input that is reshaped has as many elements as the shape."""
    given: list[Any] = []
    if isinstance(shape, Known) and isinstance(shape.value, (tuple, list)):
        given = list(shape.value)
    elif isinstance(shape, list):
        given = [each.value if isinstance(each, Known) else None for each in shape]
    tail = given[1:]
    if not all(isinstance(n, (int, np.integer)) for n in tail):
        return None
    if view.opened and replace(view, cut=frozenset(), opened=None) == View(view.path):
        _reshaped_behind(sizes, view, view.opened, tail)
    if view != View(view.path):
        return None
    if len(tail) > 1 and given[0] is None and tail.count(-1) == 1:
        # `[tf.shape(p)[0], 16, -1]`: what is left for the last axis may be any number.
        tail = [_LEFT if size == -1 else size for size in tail]
    demand = sizes.demands.at(view.path)
    if len(tail) == 1 and tail[0] > 1:
        sizes.exactly(view, -1, int(tail[0]))
        return view
    if len(tail) > 1 and min(tail) > 0:
        demand.tail = tuple(int(size) for size in tail)
    return None


def _reshaped_behind(
    sizes: Sizes, view: View, opened: tuple[int, int], tail: Sequence[int]
) -> None:
    """What follows some elements of an axis of an input has as many as the shape."""
    axis, first = opened
    if not tail or min(tail) < 1:
        return
    if axis == -1:
        demand = sizes.demands.at(view.path)
        demand.tail, demand.after = tuple(int(size) for size in tail), first
    else:
        sizes.exactly(view, axis, int(np.prod(tail)))


def _split(sizes: Sizes, view: View, number: Value, axis: Value) -> Value:
    """The parts, of which nothing more is known than how many they are."""
    if not isinstance(number, Known) or not isinstance(axis, Known):
        return None
    given = number.value
    parts = len(given) if isinstance(given, (tuple, list)) else given
    if not isinstance(parts, int) or not isinstance(axis.value, int) or axis.value == 0:
        return None
    total = sum(given) if isinstance(given, (tuple, list)) else parts
    sizes.exactly(view, axis.value, int(total))
    return [None] * parts


_BY_NAME: dict[str, Callable[[Sizes, Call], Value]] = {
    "reshape": _reshape,
    "ensure_shape": _reshape,
    "split": _parted,
    "unstack": _parted,
    "matmul": _product,
    "dot": _product,
    "tensordot": _product,
    "one_hot": _one_hot,
    "gather": _gather,
    "concat": _concat,
    "concatenate": _concat,
    "ctc_batch_cost": ctc,
    "ctc_loss": ctc_loss,
    "stft": framed,
    "frame": framed,
    "sequence_mask": _sequence_mask,
    "squeeze": _squeeze,
    "transpose": _transpose,
}
