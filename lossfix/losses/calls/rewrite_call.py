"""A translation applied to a call of this file: the nodes of its arguments in the holes of the template."""

from __future__ import annotations

import re

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import number
from lossfix.losses.code.tensors import is_boolean
from lossfix.losses.operations.translation import Binding, Refusal, argument
from lossfix.losses.operations.translations import ATTRIBUTES, translation_of, translation_of_method
from lossfix.syntax.build import expression

_HEAD = re.compile(r"(?<![\w.])(tf|keras|np)\.(?=\w)")
_NAME = re.compile(r"(?<![\w.])(tf|keras|np)(\.\w+)+")


def translated_function(loss: Loss, node: cst.Call, builtin: str = "") -> cst.BaseExpression | str:
    """The TensorFlow code for a call of NumPy, ``math`` or the like; a string says why there is none.

    ``builtin`` is the name of the function where it is one of Python's own.
    """
    split = split_arguments(node)
    operation = f"builtins.{builtin}" if builtin else loss.operation(node)
    if split is None or operation is None:
        return "it unpacks its arguments"
    positional, keywords = split
    binding = translation_of(
        operation,
        [loss.tree.code(each) for each in positional],
        {name: loss.tree.code(each) for name, each in keywords.items()},
    )
    return filled(loss, binding, positional, keywords)


def translated_method(loss: Loss, node: cst.Call) -> cst.BaseExpression | str:
    """The TensorFlow code for a call of a method that tensors do not have."""
    split = split_arguments(node)
    if split is None or not isinstance(node.func, cst.Attribute):
        return "it unpacks its arguments"
    positional, keywords = split
    binding = translation_of_method(
        node.func.attr.value,
        loss.tree.code(node.func.value),
        [loss.tree.code(each) for each in positional],
        {name: loss.tree.code(each) for name, each in keywords.items()},
    )
    return filled(loss, binding, positional, keywords, node.func.value)


def translated_attribute(loss: Loss, node: cst.Attribute) -> cst.BaseExpression:
    """The TensorFlow code for an attribute of `ATTRIBUTES`, which tensors do not have."""
    template = _spelled(loss, ATTRIBUTES[node.attr.value][0].target)
    return expression(template, self_=node.value)


def _spelled(loss: Loss, template: str) -> str:
    """A template with its modules named as in this file, and its hole ``self`` as Python allows it."""
    named = _NAME if loss.computes_with_ops else _HEAD
    template = named.sub(lambda name: loss.spell(name.group()), template)
    return template.replace("{self}", "{self_}")


def split_arguments(
    node: cst.Call,
) -> tuple[list[cst.BaseExpression], dict[str, cst.BaseExpression]] | None:
    """Positional and keyword arguments; ``None`` where some are unpacked."""
    if any(each.star for each in node.args):
        return None
    positional = [each.value for each in node.args if each.keyword is None]
    keywords = {each.keyword.value: each.value for each in node.args if each.keyword is not None}
    return positional, keywords


def filled(
    loss: Loss,
    binding: Binding | Refusal,
    positional: list[cst.BaseExpression],
    keywords: dict[str, cst.BaseExpression],
    receiver: cst.BaseExpression | None = None,
) -> cst.BaseExpression | str:
    """The template of ``binding`` with its holes filled, spelled as this file spells TensorFlow."""
    if isinstance(binding, Refusal):
        return binding.reason
    holes = {name: argument(key, positional, keywords) for name, key in binding.arguments.items()}
    if receiver is not None and "{self}" in binding.template:
        holes["self"] = receiver
    for name in binding.translation.floats & holes.keys():
        holes[name] = _floating(loss, holes[name])
    template = _spelled(loss, binding.template)
    if "self" in holes:
        holes["self_"] = holes.pop("self")
    return expression(template, **holes)


def _floating(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression:
    """``node`` as NumPy would compute with it in float: integers written out, conditions cast."""
    match node:
        case cst.Integer():
            return cst.parse_expression(number(float(node.evaluated_value)))
        case cst.UnaryOperation(operator=cst.Minus(), expression=cst.Integer() as inner):
            return cst.parse_expression(number(-float(inner.evaluated_value)))
    if loss.is_tensor(node) and is_boolean(loss, node):
        return expression(
            f"{loss.spell('tf.cast')}({{c}}, {{p}}.dtype)", c=node, p=cst.Name(loss.y_pred)
        )
    return node
