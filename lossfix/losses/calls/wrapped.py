"""What runs as plain Python inside of a loss: functions that ``tf.py_function`` calls in its place.

They are handed eager tensors or arrays, so nothing of what breaks a graph breaks there. What is wrong
with them is that they are called so.
"""

from __future__ import annotations

import libcst as cst

from lossfix.losses.calls.inlining import called_directly, function_of
from lossfix.losses.code.loss import Loss
from lossfix.syntax.remembered import remembered
from lossfix.syntax.tree import walk

WRAPPERS = frozenset({"tf.py_function", "tf.numpy_function", "tf.nondifferentiable_batch_function"})


@remembered(64)
def plain_python(loss: Loss) -> frozenset[cst.CSTNode]:
    """The functions of the file that a wrapper calls, and that cannot do without it."""
    if not any(each.rpartition(".")[2] in loss.tree.text for each in WRAPPERS):
        return frozenset()
    by_name = {path[-1]: node for path, node in loss.tree.definitions}
    found = {
        by_name[name]
        for node in walk(loss.tree.module, cst.Call)
        if loss.operation(node) in WRAPPERS
        if (name := function_of(node)) in by_name and isinstance(called_directly(loss, node), str)
    }
    return frozenset(each for each in found if isinstance(each, cst.FunctionDef))
