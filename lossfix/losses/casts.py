"""To which type a call casts."""

from __future__ import annotations

import libcst as cst

from lossfix.syntax.tree import dotted


def casts_to_discrete(node: cst.Call) -> bool:
    """Whether a ``tf.cast`` is to an integer or boolean type, which has no gradient."""
    target = cast_target(node)
    name = dotted(target) if target is not None else None
    text = name.split(".")[-1] if name else ""
    if isinstance(target, cst.SimpleString):
        text = str(target.evaluated_value)
    return text.startswith(("int", "uint", "bool")) or text == "bool_"


def cast_target(node: cst.Call) -> cst.BaseExpression | None:
    """The second argument of ``tf.cast`` or ``K.cast``."""
    for number, argument in enumerate(node.args):
        if argument.keyword is None and number == 1:
            return argument.value
        if argument.keyword is not None and argument.keyword.value == "dtype":
            return argument.value
    return None
