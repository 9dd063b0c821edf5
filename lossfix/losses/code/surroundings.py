"""What a loss reads and something around it sets: a name of the module or of the factory, or an attribute."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.asked_once import asked_once
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import parameter_names
from lossfix.syntax.blocks import all_statements
from lossfix.syntax.tree import dotted, methods_of


@asked_once(unsure=None)
def value_around(loss: Loss, node: cst.CSTNode) -> cst.BaseExpression | None:
    """What a name, or an attribute of the instance (``self.bce``), is set to by one line around the function.

    ``None`` where the function sets it itself, where several lines do, or where none is plain to see.
    """
    name = dotted(node)
    found: list[cst.BaseExpression] = []
    match node:
        case cst.Name(value=own):
            if loss.flow.values(own) or own in parameter_names(loss.function):
                return None
            for above in loss.tree.ancestors(loss.function):
                if isinstance(above, cst.FunctionDef) and own in parameter_names(above):
                    return None
                if isinstance(above, cst.FunctionDef | cst.Module):
                    found = [value for target, value in _set_in(above) if target == name]
                if found:
                    break
        case cst.Attribute(value=cst.Name(value="self")):
            around = (loss.definition, *loss.tree.ancestors(loss.definition))
            owner = next((each for each in around if isinstance(each, cst.ClassDef)), None)
            methods = () if owner is None else methods_of(owner).values()
            found = [value for each in methods for target, value in _set_in(each) if target == name]
    return found[0] if len(found) == 1 else None


def _set_in(body: cst.FunctionDef | cst.Module) -> Iterator[tuple[str, cst.BaseExpression]]:
    """The names and attributes that the statements of a function or of the module set, and to what."""
    for statement in all_statements(body):
        for part in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            match part:
                case cst.Assign(targets=targets, value=value):
                    named = [dotted(each.target) for each in targets]
                case cst.AnnAssign(target=target, value=cst.BaseExpression() as value):
                    named = [dotted(target)]
                case cst.AugAssign(target=target, value=value):
                    named = [dotted(target)]
                case _:
                    continue
            yield from ((name, value) for name in named if name is not None)
