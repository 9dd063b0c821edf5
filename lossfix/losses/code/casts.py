"""To which type a call casts."""

from __future__ import annotations

import libcst as cst

from lossfix.syntax.tree import argument_of, dotted


def casts_to_discrete(node: cst.Call) -> bool:
    """Whether a ``tf.cast`` is to an integer or boolean type, which has no gradient."""
    target = cast_target(node)
    name = dotted(target) if target is not None else None
    text = name.split(".")[-1] if name else ""
    if isinstance(target, cst.SimpleString):
        text = str(target.evaluated_value)
    return text.startswith(("int", "uint", "bool"))


def cast_target(node: cst.Call) -> cst.BaseExpression | None:
    """The second argument of ``tf.cast`` or ``K.cast``."""
    return argument_of(node, 1, "dtype")
