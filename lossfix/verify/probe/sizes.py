"""What is noted of the sizes of an input's axes, and a call of an operation, which asks something of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from .demands import Demands, Known, Shape, Value, View, Wide, shape_of


@dataclass(frozen=True)
class Call:
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
class Sizes:
    """What is known of the sizes of axes, noted in the demands on the inputs that have them."""

    demands: Demands

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

    def of_rank(self, value: Value, rank: int) -> None:
        """An input has this number of axes, the batch's included."""
        if isinstance(value, View) and value.whole:
            self.demands.at(value.path).rank = rank

    def meet(self, values: Sequence[Value]) -> None:
        """Values are combined element by element: an input has the width of the others."""
        widths = {width for each in values if (width := self.width(each)) > 1}
        for each in values:
            if isinstance(each, View) and len(widths) == 1 and not self.width(each):
                self.exactly(each, -1, next(iter(widths)))

    def multiplied(self, view: View, size: Optional[Shape]) -> None:
        """The last axis of an input has the size of the last but one of a constant."""
        if size and len(size) > 1:
            self.exactly(view, -1, size[-2])

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
