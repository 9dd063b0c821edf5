"""A translation applied to a call of this file: the nodes of its arguments in the holes of the template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.naming import named
from lossfix.losses.code.parameters import number
from lossfix.losses.code.tensors import is_boolean
from lossfix.losses.operations.translation import Binding, Refusal, argument
from lossfix.losses.operations.translations import ATTRIBUTES, translation_of, translation_of_method
from lossfix.syntax.build import Replacement, expression
from lossfix.syntax.tree import walk

_HEAD = re.compile(r"(?<![\w.])(tf|keras|np)\.(?=\w)")
_NAME = re.compile(r"(?<![\w.])(tf|keras|np)(\.\w+)+")


@dataclass(frozen=True, eq=False)
class Translated:
    """A call as TensorFlow has it."""

    node: cst.BaseExpression
    """What stands in for the call."""
    naming: Mapping[cst.CSTNode, Replacement] = field(default_factory=dict)
    """What is to be replaced besides, to name on a line above what ``node`` reads several times."""
    repeated: Mapping[cst.CSTNode, int] = field(default_factory=dict)
    """The arguments, more than plain names, that are written several times all the same, and how often."""


def translated_function(loss: Loss, node: cst.Call, builtin: str = "") -> Translated | str:
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
    return _filled_once(loss, node, binding, positional, keywords)


def translated_method(loss: Loss, node: cst.Call) -> Translated | str:
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
    return _filled_once(loss, node, binding, positional, keywords, node.func.value)


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
) -> cst.BaseExpression | str:
    """The template of ``binding`` with its holes filled, spelled as this file spells TensorFlow."""
    if isinstance(binding, Refusal):
        return binding.reason
    return _written(loss, binding, _holes(loss, binding, positional, keywords))


def _filled_once(
    loss: Loss,
    call: cst.Call,
    binding: Binding | Refusal,
    positional: list[cst.BaseExpression],
    keywords: dict[str, cst.BaseExpression],
    receiver: cst.BaseExpression | None = None,
) -> Translated | str:
    """The same for a ``call`` of this file; an expression that would be repeated gets a name where it can.

    Where two would be, as in a share of both, they stay: one line above a statement holds one name.
    """
    if isinstance(binding, Refusal):
        return binding.reason
    holes = _holes(loss, binding, positional, keywords, receiver)
    repeated = {
        name: count
        for name, node in holes.items()
        if (count := binding.count(name)) > 1 and not _is_plain(node)
    }
    if len(repeated) == 1:
        (name,) = repeated
        bound = named(loss, call, holes[name], *_wishes(loss, holes[name]))
        if bound is not None:
            holes[name], naming = bound
            return Translated(_written(loss, binding, holes), naming)
    counts: dict[cst.CSTNode, int] = {holes[name]: count for name, count in repeated.items()}
    return Translated(_written(loss, binding, holes), repeated=counts)


def _wishes(loss: Loss, node: cst.BaseExpression) -> tuple[str, ...]:
    """What the value of ``node`` may be called."""
    if loss.flow.depends(node) >= {"y_true", "y_pred"}:
        return "error", "difference"
    return "values", "entries"


def _is_plain(node: cst.BaseExpression) -> bool:
    """Whether ``node`` may stand several times: a name, a number, a part of a tensor, an axis or several."""
    match node:
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return isinstance(inner, cst.BaseNumber)
        case cst.Attribute(value=inner) | cst.Subscript(value=inner):
            return _is_plain(inner) and not any(walk(node, cst.Call))
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            return all(_is_plain(each.value) for each in elements)
    return isinstance(node, cst.Name | cst.BaseNumber | cst.SimpleString)


def _holes(
    loss: Loss,
    binding: Binding,
    positional: list[cst.BaseExpression],
    keywords: dict[str, cst.BaseExpression],
    receiver: cst.BaseExpression | None = None,
) -> dict[str, cst.BaseExpression]:
    """What fills the holes of the template, a method's object as ``self``."""
    holes = {name: argument(key, positional, keywords) for name, key in binding.arguments.items()}
    if receiver is not None and "{self}" in binding.template:
        holes["self"] = receiver
    for name in binding.translation.floats & holes.keys():
        holes[name] = _floating(loss, holes[name])
    return holes


def _written(
    loss: Loss, binding: Binding, holes: Mapping[str, cst.BaseExpression]
) -> cst.BaseExpression:
    """The template of ``binding`` around what fills its holes, spelled as this file spells TensorFlow."""
    fillings = {"self_" if name == "self" else name: node for name, node in holes.items()}
    return expression(_spelled(loss, binding.template), **fillings)


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
