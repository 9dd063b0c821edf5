"""What the operations of TensorFlow, Keras and NumPy ask of the shapes of the tensors they are fed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Optional

import numpy as np

from .demands import Demands, Known, Shape, Value, View, Wide, shape_of

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
_IMAGES = frozenset("sobel_edges image_gradients total_variation ssim ssim_multiscale psnr".split())
_WINDOWED = {
    f"{name}{axes}d": axes + 2
    for name in ("conv", "depthwise_conv", "separable_conv", "max_pool", "avg_pool", "pool")
    for axes in (1, 2, 3)
} | dict.fromkeys("max_pool avg_pool extract_patches erosion2d dilation2d".split(), 4)
"""How many axes what goes over an input in windows asks for."""
_CTC = (8, 3, 6)
"""Steps, labels and classes (the blank is the last) where a connectionist loss is computed."""
_LEFT = 3
"""The size of an axis that a reshape leaves open."""
_WINDOW, _SCALES = 11, 5
"""The window of structural similarity, and the scales, each half as large, at which it is taken."""
_FRAMES = 3
"""So many frames of a spectrum follow the first."""


@dataclass(frozen=True)
class _Call:
    """One call of an operation."""

    name: str
    arguments: list[Value]
    named: dict[str, Value]
    views: list[View]
    """The inputs among its arguments, or in the list that is its first; there is at least one."""
    count: Optional[int]
    """Into how many names its result is unpacked."""

    @property
    def view(self) -> View:
        """The first input."""
        return self.views[0]

    @property
    def second(self) -> Value:
        """The second argument, where it is given by position."""
        return self.arguments[1] if len(self.arguments) > 1 else None

    @property
    def axis(self) -> Value:
        """The axis, where it is given by keyword."""
        return self.named.get("axis", self.named.get("dim"))


@dataclass(frozen=True)
class Operations:
    """Notes the demands of operations, each known by the last part of its name."""

    demands: Demands

    def meet(self, values: Sequence[Value]) -> None:
        """Values are combined element by element: an input has the width of the others."""
        widths = {width for each in values if (width := self.width(each)) > 1}
        for each in values:
            if isinstance(each, View) and len(widths) == 1 and not self.width(each):
                self.exactly(each, -1, next(iter(widths)))

    def coded(self, values: Sequence[Value]) -> None:
        """An input that is compared with constants for equality may hold them."""
        numbers = [
            float(each.value)
            for each in values
            if isinstance(each, Known) and isinstance(each.value, (int, float))
        ]
        for each in values:
            if isinstance(each, View) and not each.reduced:
                self.demands.at(each.path).codes.update(numbers)

    def operation(
        self, name: str, arguments: list[Value], named: dict[str, Value], count: Optional[int]
    ) -> Value:
        """A function of TensorFlow, Keras or NumPy, by the last part of its name."""
        listed = [*arguments, *named.values()]
        for each in arguments[:1]:
            listed += each if isinstance(each, list) else []
        views = [each for each in listed if isinstance(each, View)]
        wide = [each for each in listed if isinstance(each, Wide)]
        if not views:
            return wide[0] if wide and name in _ELEMENTWISE else None
        call = _Call(name, arguments, named, views, count)
        if name in _OF_ELEMENTS and call.view.reduced:
            return None
        if name in _BY_NAME:
            return _BY_NAME[name](self, call)
        if name.startswith("sparse_") and "crossentropy" in name.replace("_", ""):
            return self.sparse(call)
        if name in _IMAGES:
            return self.images(call)
        if name in _WINDOWED:
            return self.windowed(call)
        if name in _OF_TWO or ("cross_entropy_with_logits" in name and "sparse" not in name):
            self.meet([*arguments[:2], *named.values()])
            return None
        # `minimum(y_pred, 3)` reduces nothing.
        if name.startswith(_REDUCING) and name not in _ELEMENTWISE:
            axis = call.axis if call.axis is not None else call.second
            left = self.reduced(call.view, axis)
            return None if "keepdims" in named or name not in _REDUCTIONS else left
        if name in _COMPARING:
            self.coded(arguments)
        if name in _ELEMENTWISE:
            if name not in ("clip_by_value", "clip", "cast"):
                self.meet(arguments)
            return call.view
        return None

    def reshape(self, call: _Call) -> Value:
        """To the shape that is its second argument."""
        return self.reshaped(call.view, call.second or call.named.get("shape"))

    def parted(self, call: _Call) -> Value:
        """Into parts of one axis."""
        number = call.named.get("num_or_size_splits", call.named.get("num", call.second))
        where = call.axis or (call.arguments[2] if len(call.arguments) > 2 else Known(0))
        return self.split(call.view, number if call.name == "split" else Known(call.count), where)

    def product(self, call: _Call) -> Value:
        """Of matrices: the last axis of an input fits a constant."""
        if isinstance(call.second, Known):
            self.multiplied(call.view, shape_of(call.second.value))
        return None

    def one_hot(self, call: _Call) -> Value:
        """Of class numbers, of which there are as many as it is deep."""
        depth = call.named.get("depth", call.named.get("num_classes", call.second))
        if isinstance(depth, Known) and isinstance(depth.value, (int, np.integer)):
            self.demands.at(call.view.path).classes = int(depth.value)
            return Wide(int(depth.value))
        return None

    def gather(self, call: _Call) -> Value:
        """From a constant table, by class numbers."""
        table = call.arguments[0] if call.arguments else call.named.get("params")
        size = shape_of(table.value) if isinstance(table, Known) else None
        if table is call.view:
            self.picked(call.view, call.second or call.named.get("indices"), call.axis)
        if not size:
            return None
        self.demands.at(call.view.path).classes = size[0]
        return Wide(size[-1]) if len(size) > 1 else None

    def concat(self, call: _Call) -> Value:
        """Of parts whose widths may be known, along the last axis."""
        parts = call.arguments[0] if call.arguments else None
        where = call.axis or call.second
        if not isinstance(parts, list):
            return None
        widths = [self.width(each) for each in parts]
        last = isinstance(where, Known) and where.value in (1, -1)
        return Wide(sum(widths)) if last and min(widths) > 0 else None

    def sparse(self, call: _Call) -> Value:
        """A cross-entropy whose labels are class numbers."""
        labels = call.named.get("labels", call.arguments[0] if call.arguments else None)
        if isinstance(labels, View):
            demand = self.demands.at(labels.path)
            demand.classes = demand.classes or -1
        return None

    def sequence_mask(self, call: _Call) -> Value:
        """Of lengths."""
        self.demands.at(call.view.path).lengths = True
        return None

    def squeeze(self, call: _Call) -> Value:
        """Of an axis of one."""
        where = call.axis or call.second
        if isinstance(where, Known) and where.value == -1:
            self.exactly(call.view, -1, 1)
            return replace(call.view, back=call.view.back + 1)
        return None

    def images(self, call: _Call) -> Value:
        """Measures of images, which have height, width and channels."""
        for each in call.views:
            self.demands.at(each.path).rank = 4
            if call.name.startswith("ssim"):
                side = self.structured(call)
                self.demands.at(each.path).least.update({1: side, 2: side})
        return None

    def structured(self, call: _Call) -> int:
        """The least height and width of images of which the structural similarity is taken."""
        several = call.name == "ssim_multiscale"
        given = dict(
            zip(("max_val", *(["power_factors"] * several), "filter_size"), call.arguments[2:])
        )
        given.update(call.named)
        window, factors = given.get("filter_size"), given.get("power_factors")
        size = window.value if isinstance(window, Known) else _WINDOW
        if not several:
            return int(size) + 1
        scales = shape_of(factors.value) if isinstance(factors, Known) else (_SCALES,)
        return int(size) << ((scales or (_SCALES,))[0] - 1)

    def windowed(self, call: _Call) -> Value:
        """What goes over an input in windows, with a filter where it is a convolution."""
        rank = _WINDOWED[call.name]
        self.of_rank(call.view, rank)
        size = shape_of(call.second.value) if isinstance(call.second, Known) else None
        if call.view.whole and size and len(size) == rank:
            self.exactly(call.view, -1, size[-2])
            least = self.demands.at(call.view.path).least
            for axis, needed in enumerate(size[:-2], 1):
                least[axis] = max(least.get(axis, 1), needed)
        return None

    def of_rank(self, value: Value, rank: int) -> None:
        """An input has this number of axes, the batch's included."""
        if isinstance(value, View) and value.whole:
            self.demands.at(value.path).rank = rank

    def framed(self, call: _Call) -> Value:
        """A spectrum of frames along the last axis, which have to fit there."""
        given = dict(zip(("frame_length", "frame_step"), call.arguments[1:]))
        given.update(call.named)
        length = given.get("frame_length", given.get("sequence_length"))
        step = given.get("frame_step", given.get("sequence_stride", length))
        sizes = [each.value for each in (length, step) if isinstance(each, Known)]
        if len(sizes) == 2 and not call.view.lost and not call.view.cut:
            axis, least = -1 - call.view.back, self.demands.at(call.view.path).least
            least[axis] = max(least.get(axis, 1), int(sizes[0] + _FRAMES * sizes[1]))
        return None

    def transpose(self, call: _Call) -> Value:
        """By an order of all axes."""
        order = call.named.get("perm", call.second)
        if isinstance(order, Known) and call.view == View(call.view.path):
            self.demands.at(call.view.path).rank = len(order.value)
        return None

    def ctc(self, call: _Call) -> Value:
        """The connectionist loss of the backend, which takes four tensors."""
        if len(call.arguments) == 4:
            self.connectionist(call.arguments)
        return None

    def ctc_loss(self, call: _Call) -> Value:
        """The connectionist loss of TensorFlow, whose first two tensors may be named."""
        given = dict(zip(("labels", "logits"), call.arguments)) | call.named
        if call.named.get("logits_time_major") == Known(False):
            self.connectionist([given.get("labels"), given.get("logits")])
        return None

    def connectionist(self, arguments: list[Value]) -> None:
        """Labels, predictions per step, and how long each of both is."""
        steps, labels, classes = _CTC
        shapes: tuple[Shape, ...] = ((labels,), (steps, classes), (1,), (1,))
        for each, shape in zip(arguments, shapes):
            if isinstance(each, View) and each.whole:
                self.demands.at(each.path).tail = shape
        if isinstance(arguments[0], View):
            self.demands.at(arguments[0].path).classes = classes - 1
        for each, length in zip(arguments[2:], (steps, labels)):
            if isinstance(each, View) and each.whole:
                self.demands.at(each.path).fixed = length

    def picked(self, view: View, indices: Value, axis: Value) -> None:
        """Elements that are gathered along an axis by indices that are known."""
        if not isinstance(indices, Known) or not isinstance(axis, Known) or not axis.value:
            return
        given = indices.value if isinstance(indices.value, (tuple, list)) else [indices.value]
        numbers = [each for each in given if isinstance(each, int) and each >= 0]
        if numbers and isinstance(axis.value, int):
            where = axis.value + view.front if axis.value > 0 else axis.value - view.back
            least = self.demands.at(view.path).least
            least[where] = max(least.get(where, 1), max(numbers) + 1)

    def reduced(self, view: View, axis: Value) -> Value:
        """Over axes that have to be there: what is left of the input without them."""
        if not isinstance(axis, Known):
            return None
        axes = axis.value if isinstance(axis.value, (tuple, list)) else [axis.value]
        numbers = [each for each in axes if isinstance(each, int)]
        need = max((n + 1 if n >= 0 else -n for n in numbers), default=0)
        demand = self.demands.at(view.path)
        if need > 1:
            demand.rank = max(demand.rank, need + view.front + view.back + view.lost)
        left = replace(view, width=0, opened=None, reduced=True)
        if axes == [-1] and not view.lost:
            return replace(left, back=view.back + 1)
        behind = len(numbers) == len(axes) and all(each > 0 for each in numbers)
        return replace(left, lost=view.lost + len(axes)) if behind else None

    def reshaped(self, view: View, shape: Value) -> Value:
        """An input that is reshaped has as many elements as the shape."""
        sizes: list[Any] = []
        if isinstance(shape, Known) and isinstance(shape.value, (tuple, list)):
            sizes = list(shape.value)
        elif isinstance(shape, list):
            sizes = [each.value if isinstance(each, Known) else None for each in shape]
        tail = sizes[1:]
        if view != View(view.path) or not all(isinstance(n, (int, np.integer)) for n in tail):
            return None
        if len(tail) > 1 and sizes[0] is None and tail.count(-1) == 1:
            # `[tf.shape(p)[0], 16, -1]`: what is left for the last axis may be any number.
            tail = [_LEFT if size == -1 else size for size in tail]
        demand = self.demands.at(view.path)
        if len(tail) == 1 and tail[0] > 1:
            self.exactly(view, -1, int(tail[0]))
            return view
        if len(tail) > 1 and min(tail) > 0:
            demand.tail = tuple(int(size) for size in tail)
        return None

    def split(self, view: View, number: Value, axis: Value) -> Value:
        """The parts, of which nothing more is known than how many they are."""
        if not isinstance(number, Known) or not isinstance(axis, Known):
            return None
        sizes = number.value
        parts = len(sizes) if isinstance(sizes, (tuple, list)) else sizes
        if not isinstance(parts, int) or not isinstance(axis.value, int) or axis.value == 0:
            return None
        total = sum(sizes) if isinstance(sizes, (tuple, list)) else parts
        self.exactly(view, axis.value, int(total))
        return [None] * parts

    def width(self, value: Value) -> int:
        """The size of the last axis, as far as it is known; else 0."""
        if isinstance(value, Wide):
            return value.width
        if isinstance(value, View):
            if value.lost:
                return 0
            exact = self.demands.at(value.path).exact
            if value.opened is not None and value.opened[0] in exact:
                return exact[value.opened[0]] - value.opened[1]
            own = value.width or (0 if value.cut or value.front else exact.get(-1 - value.back, 0))
            return max(own, 0)
        size = shape_of(value.value) if isinstance(value, Known) else None
        return size[-1] if size else 0

    def multiplied(self, view: View, size: Optional[Shape]) -> None:
        """The last axis of an input has the size of the last but one of a constant."""
        if size and len(size) > 1:
            self.exactly(view, -1, size[-2])

    def exactly(self, view: View, axis: int, size: int) -> None:
        """An axis of an input, counted as in what is left of it, has this size."""
        if view.opened is not None and axis in (-1, view.opened[0]):
            self.demands.at(view.path).exact[view.opened[0]] = view.opened[1] + int(size)
            return
        axis = axis + view.front if axis > 0 else axis - view.back
        # Of an axis that is counted from the other end it is not known which one it is.
        cut = any(each == axis or (each < 0) != (axis < 0) for each in view.cut)
        if not cut and not view.lost and not (axis < 0 and view.front):
            self.demands.at(view.path).exact[axis] = int(size)


_BY_NAME: dict[str, Callable[[Operations, _Call], Value]] = {
    "reshape": Operations.reshape,
    "ensure_shape": Operations.reshape,
    "split": Operations.parted,
    "unstack": Operations.parted,
    "matmul": Operations.product,
    "dot": Operations.product,
    "tensordot": Operations.product,
    "one_hot": Operations.one_hot,
    "gather": Operations.gather,
    "concat": Operations.concat,
    "concatenate": Operations.concat,
    "ctc_batch_cost": Operations.ctc,
    "ctc_loss": Operations.ctc_loss,
    "stft": Operations.framed,
    "frame": Operations.framed,
    "sequence_mask": Operations.sequence_mask,
    "squeeze": Operations.squeeze,
    "transpose": Operations.transpose,
}
