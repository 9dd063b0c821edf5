"""Families of inputs: what targets and predictions of one kind of model look like.

A family draws seeded batches of (y_true, y_pred) within its domain, knows the activation under which
any real number becomes a valid prediction, segments that sweep the whole domain, and the exact edge
values at which losses break. Every domain has a member with more than one trailing element, because a
mean taken for a sum over an axis of size one shows nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

ROWS = 7
"""Rows of a batch: unlike every inner size below, so that an accidental broadcast raises."""

Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Batch:
    """Targets and predictions that belong together, as NumPy arrays (float64, or int32 labels)."""

    family: str
    y_true: np.ndarray
    y_pred: np.ndarray
    activation: str = "linear"
    """``linear``, ``sigmoid``, ``softmax``, ``softplus`` or ``tanh``: maps real numbers, last axis for
    softmax, into the family's domain of predictions."""
    offset: float = 0.0
    """A prediction is ``offset + scale * activation(z)``."""
    scale: float = 1.0

    @property
    def ranks(self) -> tuple[int, int]:
        """How many axes targets and predictions have, the batch's included."""
        return self.y_true.ndim, self.y_pred.ndim


@dataclass(frozen=True)
class Family:
    """One kind of targets and predictions.

    ``draw(rng, rows)`` gives y_true of shape (rows, ...) and y_pred of shape (rows, ...).
    ``domain`` names the set that predictions lie in; it is convex, so segments stay inside.
    """

    name: str
    domain: str
    draw: Draw
    activation: str = "linear"
    low: float = -3.0
    """Predictions sweep from ``low`` to ``high``; for the simplex and for logits, from one class to
    another."""
    high: float = 3.0
    labels: str = "real"
    """``real``, ``binary``, ``onehot``, ``index`` (integers), ``sign`` or ``count``."""
    offset: float = 0.0
    scale: float = 1.0
    coded: bool = False
    """Whether some of its targets stand for something else (padding, a gap, no target at all), so
    that it speaks only of losses that are written for that."""
    rows: int = 0
    """The one number of samples of all its batches, for losses that are written for one; 0: any."""
    codes: tuple[float, ...] = ()
    """Constants that the code compares targets with: what they stand for may fill a whole batch."""
    parts: str = ""
    """The tensors that targets and predictions are cut into for the loss; empty where they are two
    tensors themselves."""
    unbounded: bool = False
    """Whether the model ends without an activation, so that predictions may leave the domain."""

    def batch(self, rng: np.random.Generator, rows: int = ROWS) -> Batch:
        """One draw of ``rows`` samples, or of the number that is the family's."""
        y_true, y_pred = self.draw(rng, self.rows or rows)
        if self.labels == "index":
            y_true = y_true.astype(np.int32)
        return Batch(self.name, y_true, y_pred, self.activation, self.offset, self.scale)

    def batches(self, seed: int, count: int, rows: int = ROWS) -> list[Batch]:
        """``count`` draws; the same ones for the same seed."""
        rng = np.random.default_rng([seed, *self.name.encode()])
        return [self.batch(rng, rows) for _ in range(count)]

    def sweep(self, rng: np.random.Generator, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        """Two predictions of ``batch``'s shape between which every element crosses the domain."""
        shape = batch.y_pred.shape
        if self.domain in ("simplex", "class logits"):
            first = rng.integers(shape[-1], size=shape[:-1])
            second = (first + rng.integers(1, shape[-1], size=shape[:-1])) % shape[-1]
            noise = rng.uniform(0.2, 1.0, shape)
            ends = []
            for index in (first, second):
                one = one_hot(index, shape[-1])
                if self.domain == "simplex":
                    ends.append(0.95 * one + 0.05 * noise / noise.sum(-1, keepdims=True))
                else:
                    ends.append(self.high * one + noise)
            return ends[0], ends[1]
        reach = self.high - self.low
        jitter = rng.uniform(0.0, 0.08, (2, *shape)) * reach
        bottom, top = self.low + jitter[0], self.high - jitter[1]
        if self.domain == "boxes":
            return batch.y_pred, self.draw(rng, len(batch.y_pred))[1]
        up = rng.random(shape) < 0.5
        return np.where(up, bottom, top), np.where(up, top, bottom)

    @property
    def kind(self) -> tuple[bool, bool, bool]:
        """The structural class: integer labels, labels of the shape of predictions, rank 1."""
        batch = self.batches(0, 1)[0]
        same = batch.y_true.shape == batch.y_pred.shape
        return self.labels == "index", same, batch.y_pred.ndim == 1

    def scaled(self, scale: float, shift: float) -> Family:
        """The family with targets and predictions mapped to ``scale * x + shift``.

        Only for domains that such a map leaves meaningful (``real`` and, without a shift,
        ``positive``); other families come back unchanged.
        """
        if (scale, shift) == (1.0, 0.0) or not (
            self.domain == "real" or (self.domain == "positive" and shift == 0.0)
        ):
            return self
        draw = self.draw

        def mapped(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
            y_true, y_pred = draw(rng, rows)
            return scale * y_true + shift, scale * y_pred + shift

        return replace(
            self,
            draw=mapped,
            low=scale * self.low + shift,
            high=scale * self.high + shift,
            offset=scale * self.offset + shift,
            scale=scale * self.scale,
        )


def one_hot(index: np.ndarray, size: int) -> np.ndarray:
    """float64 of shape (*index.shape, size). No identity matrix is made: of classes there may be 100,000."""
    hot: np.ndarray = np.zeros((*np.shape(index), size))
    np.put_along_axis(hot, np.asarray(index, dtype=np.int64)[..., None], 1.0, axis=-1)
    return hot


def edges(family: Family, batch: Batch) -> Iterator[tuple[str, Batch]]:
    """The exact values at which losses break, each with a name such as ``y_pred = 0``."""
    same = batch.y_true.shape == batch.y_pred.shape
    bounded = family.domain in ("unit", "probability")
    if same and family.labels != "sign" and np.all(np.isfinite(batch.y_true)):
        yield "y_pred = y_true", replace(batch, y_pred=batch.y_true.astype(np.float64))
    if family.domain == "simplex":
        size = batch.y_pred.shape[-1]
        largest = np.argmax(batch.y_pred, axis=-1)
        yield "y_pred one-hot", replace(batch, y_pred=one_hot(largest, size))
    elif family.domain != "boxes":
        yield "y_pred = 0", replace(batch, y_pred=np.zeros_like(batch.y_pred))
    if bounded:
        yield "y_pred = 1", replace(batch, y_pred=np.ones_like(batch.y_pred))
    if family.labels == "binary":
        yield "y_true all 0", replace(batch, y_true=np.zeros_like(batch.y_true))
        yield "y_true all 1", replace(batch, y_true=np.ones_like(batch.y_true))
    elif same and family.domain in ("real", "unit"):
        yield "y_true = 0", replace(batch, y_true=np.zeros_like(batch.y_true))
    yield from _degenerate(family, batch)


def _degenerate(family: Family, batch: Batch) -> Iterator[tuple[str, Batch]]:
    """Batches of one kind of sample alone: one class, nothing but padding, nothing at all."""
    y_true, y_pred = batch.y_true, batch.y_pred
    if family.labels == "index":
        yield "y_true all of one class", replace(batch, y_true=np.zeros_like(y_true))
        return
    if family.labels == "onehot":
        one = np.zeros_like(y_true)
        one[..., 0] = 1.0
        yield "y_true all of one class", replace(batch, y_true=one)
    zero_is_valid = family.domain in ("real", "unit", "probability", "positive")
    if family.labels in ("binary", "real") and zero_is_valid:
        nothing = replace(batch, y_true=np.zeros_like(y_true), y_pred=np.zeros_like(y_pred))
        yield "y_true = y_pred = 0", nothing
    if family.labels == "binary" and family.domain == "probability":
        all_ones = replace(batch, y_true=np.ones_like(y_true), y_pred=np.ones_like(y_pred))
        yield "y_true = y_pred = 1", all_ones
    if np.any(np.isnan(y_true)):
        yield "y_true all NaN", replace(batch, y_true=np.full_like(y_true, np.nan))
    known = (0.0, 1.0) if family.labels == "binary" else (0.0,)
    for code in family.codes:
        if code not in known:
            yield f"y_true all {code:g}", replace(batch, y_true=np.full_like(y_true, code))


def _near(rng: np.random.Generator, y: np.ndarray, sd: float) -> np.ndarray:
    """Predictions of which about half are near their target, the others unrelated to it."""
    free = rng.normal(0.0, 1.2, y.shape)
    near: np.ndarray = np.where(rng.random(y.shape) < 0.5, y + rng.normal(0.0, sd, y.shape), free)
    return near


def _real(*shape: int) -> Draw:
    def draw(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        y = rng.normal(0.0, 1.0, (rows, *shape))
        return y, _near(rng, y, 0.5)

    return draw


def _unit(*shape: int) -> Draw:
    def draw(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        size = (rows, *shape)
        return rng.uniform(0.02, 0.98, size), rng.uniform(0.02, 0.98, size)

    return draw


def _positive(*shape: int) -> Draw:
    def draw(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        size = (rows, *shape)
        return np.exp(rng.normal(0.5, 0.7, size)), np.exp(rng.normal(0.5, 0.7, size))

    return draw


def _binary(*shape: int, logits: bool = False, share: float = 0.45) -> Draw:
    def draw(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        size = (rows, *shape)
        y = (rng.random(size) < share).astype(np.float64)
        y.reshape(-1)[:2] = (0.0, 1.0)[: y.size]
        p = rng.normal(0.0, 1.8, size) if logits else rng.uniform(0.02, 0.98, size)
        return y, p

    return draw


def _sign(*shape: int) -> Draw:
    def draw(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        size = (rows, *shape)
        return np.where(rng.random(size) < 0.5, -1.0, 1.0), rng.normal(0.0, 1.0, size)

    return draw


def _classes(*shape: int, logits: bool = False, labels: str = "onehot") -> Draw:
    def draw(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        size = (rows, *shape)
        index = rng.integers(shape[-1], size=size[:-1])
        z = rng.normal(0.0, 1.5, size)
        if not logits:
            z = np.exp(z) / np.exp(z).sum(-1, keepdims=True)
        if labels == "onehot":
            return one_hot(index, shape[-1]), z
        return (index if labels == "index" else index[..., None]), z

    return draw


def _boxes(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    corner = rng.uniform(0.05, 0.4, (rows, 2))
    y = np.concatenate([corner, corner + rng.uniform(0.25, 0.5, (rows, 2))], axis=-1)
    p = y + rng.normal(0.0, 0.06, y.shape)
    return y, np.concatenate([np.minimum(p[:, :2], p[:, 2:] - 0.05), p[:, 2:]], axis=-1)


def _rating(*shape: int) -> Draw:
    def draw(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        size = (rows, *shape)
        return rng.integers(1, 6, size).astype(np.float64), rng.uniform(0.7, 5.3, size)

    return draw


def _padded(mask: float) -> Draw:
    def draw(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        y = rng.uniform(0.3, 2.0, (rows, 5, 2))
        p = y + rng.normal(0.0, 0.5, y.shape)
        lengths = rng.integers(2, 6, rows)
        y[np.arange(5)[None, :] >= lengths[:, None]] = mask
        return y, p

    return draw


def _gaps(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    y, p = _real(3)(rng, rows)
    y[rng.random(y.shape) < 0.25] = np.nan
    return y, p


def _pairs(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    y, _ = _binary(1)(rng, rows)
    return y, rng.uniform(0.05, 2.0, (rows, 1))


def _wide(targets: int, predictions: int) -> Draw:
    def draw(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        return rng.normal(0.0, 1.0, (rows, targets)), rng.normal(0.0, 1.0, (rows, predictions))

    return draw


_UNIT = {"activation": "sigmoid", "low": 0.0, "high": 1.0}
_RATING = {
    "labels": "count",
    "activation": "sigmoid",
    "low": 0.6,
    "high": 5.4,
    "offset": 0.5,
    "scale": 5.0,
}
"""Of a model that ends in a sigmoid, stretched from 0.5 to 5.5."""


def _family(name: str, domain: str, draw: Draw, **options: object) -> Family:
    return Family(name, domain, draw, **options)  # type: ignore[arg-type]


FAMILIES: tuple[Family, ...] = (
    _family("reg", "real", _real(1)),
    _family("reg_vec3", "real", _real(3)),
    _family("unit", "unit", _unit(1), **_UNIT),
    _family("unit_vec3", "unit", _unit(3), **_UNIT),
    _family("bin_prob", "probability", _binary(1), labels="binary", **_UNIT),
    _family("multilabel", "probability", _binary(4), labels="binary", **_UNIT),
    _family("onehot_prob", "simplex", _classes(4), activation="softmax", labels="onehot"),
    _family("onehot_logits", "class logits", _classes(4, logits=True), labels="onehot"),
    _family("bin_logits", "logits", _binary(1, logits=True), labels="binary", low=-4.0, high=4.0),
    _family(
        "multilabel_logits", "logits", _binary(4, logits=True), labels="binary", low=-4.0, high=4.0
    ),
    _family("pos", "positive", _positive(1), activation="softplus", low=0.1, high=6.0),
    _family("pos_vec3", "positive", _positive(3), activation="softplus", low=0.1, high=6.0),
    _family("pm1", "margin", _sign(1), labels="sign"),
    _family("pm1_vec3", "margin", _sign(3), labels="sign"),
    _family("sparse", "simplex", _classes(4, labels="index"), activation="softmax", labels="index"),
    _family(
        "sparse_column",
        "simplex",
        _classes(4, labels="column"),
        activation="softmax",
        labels="index",
    ),
    _family(
        "sparse_logits", "class logits", _classes(4, logits=True, labels="index"), labels="index"
    ),
    _family("seg_bin", "probability", _binary(4, 4, 1), labels="binary", **_UNIT),
    _family("seg_multi", "simplex", _classes(3, 3, 4), activation="softmax", labels="onehot"),
    _family(
        "seg_sparse",
        "simplex",
        _classes(3, 3, 4, labels="index"),
        activation="softmax",
        labels="index",
    ),
    _family("seq", "real", _real(5, 2)),
    _family("vec", "real", _real()),
    _family("vec_unit", "unit", _unit(), **_UNIT),
    _family("vec_prob", "probability", _binary(), labels="binary", **_UNIT),
    _family("boxes", "boxes", _boxes, activation="sigmoid", low=0.0, high=1.0),
    _family("rating", "rating", _rating(1), **_RATING),
    _family("rating_vec3", "rating", _rating(3), **_RATING),
    _family("padded", "real", _padded(0.0), coded=True),
    _family("padded_minus_one", "real", _padded(-1.0), coded=True),
    _family("gaps", "real", _gaps, coded=True),
    _family(
        "pairs", "positive", _pairs, activation="softplus", labels="binary", low=0.02, high=2.5
    ),
    _family("triplet", "real", _wide(1, 48), coded=True),
    _family("yolo", "unit", _unit(15), **_UNIT),
    _family("quantiles", "real", _wide(1, 3)),
    _family("embedding", "real", _real(6)),
    _family("two", "real", _real(2)),
    _family("mean_and_scale", "real", _wide(1, 2)),
)
"""All families, those that suit most losses first."""

BY_NAME = {family.name: family for family in FAMILIES}
