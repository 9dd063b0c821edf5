"""The parts of a ``keras.losses.Loss`` subclass as its author wrote it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.model import Form
from lossfix.syntax.tree import dotted, walk

_ITSELF = frozenset({"keras.losses.Loss"})


def derives_directly(loss: Loss, classes: frozenset[str] = _ITSELF) -> bool:
    """Whether the loss is a class whose one and only parent is ``keras.losses.Loss``, or of ``classes``."""
    definition = loss.definition
    if loss.form is not Form.SUBCLASS or not isinstance(definition, cst.ClassDef):
        return False
    parents = [each.value for each in definition.bases]
    return len(parents) == 1 and loss.operation(parents[0]) in classes


def automatic_name(class_name: str) -> str:
    """What Keras calls an instance that is given no name: ``gap_loss`` of ``GapLoss``, ``wmse`` of ``WMSE``.

    Mirrors ``to_snake_case`` of Keras 3.
    """
    apart = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", class_name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", apart).lower()


def is_of_keras_2(loss: Loss) -> bool:
    """Whether the loss is a class of ``tf_keras``, which Keras 2 lives on in."""
    definition = loss.definition
    return isinstance(definition, cst.ClassDef) and any(
        (loss.qualified(each.value) or "").startswith("tf_keras.") for each in definition.bases
    )


def method(loss: Loss, name: str) -> cst.FunctionDef | None:
    """The method of that name in the class itself."""
    definition = loss.definition
    if isinstance(definition, cst.ClassDef):
        for each in definition.body.body:
            if isinstance(each, cst.FunctionDef) and each.name.value == name:
                return each
    return None


def super_call(function: cst.FunctionDef) -> cst.Call | None:
    """The first call of the parent's method of the same name."""
    return next(super_calls(function), None)


def super_calls(function: cst.FunctionDef) -> Iterator[cst.Call]:
    """The calls of the parent's method of the same name."""
    for node in walk(function.body, cst.Call):
        match node:
            case cst.Call(
                func=cst.Attribute(
                    value=cst.Call(func=cst.Name(value="super")), attr=cst.Name(value=name)
                )
            ) if (name == function.name.value):
                yield node
            case cst.Call(func=cst.Attribute(attr=cst.Name(value=name)), args=[first, *_]) if (
                name == function.name.value and dotted(first.value) == "self"
            ):
                yield node


def keeping(node: cst.CSTNode, names: Sequence[str]) -> cst.CSTNode:
    """A constructor that keeps the parameters, right behind the call of its parent's."""
    assert isinstance(node, cst.FunctionDef)
    assert isinstance(node.body, cst.IndentedBlock)
    lines = list(node.body.body)
    calls = set(super_calls(node))
    behind = [at for at, line in enumerate(lines, 1) if calls & set(walk(line))]
    at = behind[0] if behind else len(lines)
    lines[at:at] = [cst.parse_statement(f"self.{each} = {each}") for each in names]
    return node.with_changes(body=node.body.with_changes(body=lines))


def with_first_statement(statement: cst.BaseStatement) -> Callable[[cst.CSTNode], cst.CSTNode]:
    """What a function becomes: itself, with ``statement`` at the start of its body."""

    def added(node: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(node, cst.FunctionDef)
        assert isinstance(node.body, cst.IndentedBlock)
        body = list(node.body.body)
        start = 1 if node.get_docstring() is not None else 0
        return node.with_changes(
            body=node.body.with_changes(body=[*body[:start], statement, *body[start:]])
        )

    return added
