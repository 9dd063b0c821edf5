"""A method of NumPy arrays that tensors do not have

## What it does

Finds `.mean()`, `.sum()`, `.flatten()`, `.reshape(...)`, `.astype(...)` and other methods and attributes
of NumPy arrays that are asked of a tensor, and writes the function of TensorFlow that does the same.
Methods of PyTorch's tensors, such as `.view(...)`, are reported.

## Why is this bad

Tensors have operators but no such methods: the loss raises `AttributeError` at the first batch (measured:
eagerly, in a graph and in `fit`). Where an array stands in their place, because NumPy was called before,
there is no gradient.

## Example

```python
import tensorflow as tf


def square_loss(y_true, y_pred):
    error = (y_true - y_pred).flatten()
    return (error**2).mean()
```

## Use instead

```python
import tensorflow as tf


def square_loss(y_true, y_pred):
    error = tf.reshape(y_true - y_pred, [-1])
    return tf.reduce_mean(error**2)
```

## Fix safety

Exact. Only what is certainly a tensor is touched: a distribution that was made of the predictions has a
`.mean()` of its own. Arguments without a counterpart (`order="F"`, `out=`) are reported.

## References

- https://www.tensorflow.org/api_docs/python/tf/Tensor
- https://numpy.org/doc/stable/reference/arrays.ndarray.html
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.calls.rewrite_call import translated_attribute, translated_method
from lossfix.losses.code.arrays_only import is_for_arrays
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.tensors import is_array
from lossfix.losses.operations.translations import ATTRIBUTES, METHODS
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.tree import walk

_OF_TORCH = {
    "contiguous": "nothing takes its place",
    "detach": "tf.stop_gradient",
    "masked_fill": "tf.where",
    "permute": "tf.transpose",
    "requires_grad_": "nothing takes its place",
    "type_as": "tf.cast",
    "unsqueeze": "tf.expand_dims",
    "view": "tf.reshape",
    "view_as": "tf.reshape",
}
"""Methods of PyTorch's tensors, with what TensorFlow has for them."""
_SETTLED_ELSEWHERE = frozenset({"numpy", "item", "eval"})


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function.body, cst.Call, cst.Attribute):
        match node:
            case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value=method))) if (
                method in METHODS and method not in _SETTLED_ELSEWHERE
            ):
                if _lacks_it(loss, node, value):
                    new = translated_method(loss, node)
                    yield Match(
                        node,
                        f"tensors have no method `{method}`: this raises AttributeError",
                        new if isinstance(new, str) else "",
                    )
            case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value=method))) if (
                method in _OF_TORCH
            ):
                if _lacks_it(loss, node, value):
                    yield Match(
                        node,
                        f"tensors have no method `{method}`: this raises AttributeError",
                        f"it is one of PyTorch's: {_OF_TORCH[method]}",
                    )
            case cst.Attribute(
                value=value, attr=cst.Name(value=attribute)
            ) if attribute in ATTRIBUTES and _lacks_it(loss, node, value):
                yield Match(
                    node, f"tensors have no attribute `{attribute}`: this raises AttributeError"
                )


def _lacks_it(loss: Loss, node: cst.CSTNode, value: cst.BaseExpression) -> bool:
    """Whether what is asked of ``value`` at ``node`` is asked of a tensor."""
    return loss.operation(node) is None and is_array(loss, value) and not is_for_arrays(loss, node)


def rewrite(loss: Loss, match: Match) -> Edit | None:
    match match.node:
        case cst.Call() as call:
            new = translated_method(loss, call)
            return None if isinstance(new, str) else Edit({**new.naming, call: new.node})
        case cst.Attribute() as attribute:
            return Edit({attribute: translated_attribute(loss, attribute)})
    return None


RULE = Rule("LF103", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
