"""Why a function or a closure cannot become a class."""

from __future__ import annotations

import ast
import textwrap
from collections import Counter
from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import RESERVED, is_annotated_as_object, parameter_names
from lossfix.losses.code.reach import unbound
from lossfix.losses.subclassing.on_import import keeps_a_function
from lossfix.syntax.quiet import parsed
from lossfix.syntax.tree import names_below, walk

NOT_CALLABLE = "has no default, so Keras cannot call it"
"""How the reason ends that is a fault by itself."""


def constructor_parameters(loss: Loss) -> tuple[cst.Param, ...]:
    """The parameters that become the constructor's: those of the factory, or behind the first two."""
    if loss.factory is not None:
        params = loss.factory.params
        listed = [*params.posonly_params, *params.params]
    else:
        params = loss.function.params
        listed = [*params.posonly_params, *params.params][2:]
    return tuple(listed) + tuple(params.kwonly_params)


def obstacle(loss: Loss) -> str:
    """Why the loss cannot become a class; empty where it can."""
    return _in_signature(loss) or _in_parameters(loss) or _in_body(loss) or _in_file(loss)


def _in_signature(loss: Loss) -> str:
    function, factory = loss.function, loss.factory
    params = (factory or function).params
    if loss.candidate.swapped:
        return "it takes the predictions before the targets, and Keras passes the targets first"
    if isinstance(params.star_arg, cst.Param) or params.star_kwarg is not None:
        return "it takes *args or **kwargs, which a constructor cannot name in get_config"
    if function.asynchronous is not None:
        return "it is asynchronous"
    if not isinstance(function.body, cst.IndentedBlock):
        return "its body stands on the line of its def"
    if factory is not None:
        inner = function.params
        listed = [*inner.posonly_params, *inner.params]
        # Keras passes the first two, so that what is never read may go.
        read = names_below(function.body)
        more = [each for each in listed[2:] if each.default is None or each.name.value in read]
        if len(listed) < 2 or more or inner.kwonly_params or inner.star_kwarg:
            return "its inner function takes more than targets and predictions"
    for decorator in (*function.decorators, *(factory.decorators if factory else ())):
        if not (
            is_registration(loss, decorator)
            or (is_tf_function(loss, decorator) and decorator in function.decorators)
        ):
            return f"its decorator `{loss.tree.code(decorator.decorator)}` may depend on its form"
    return ""


def _in_parameters(loss: Loss) -> str:
    for each in constructor_parameters(loss):
        name = each.name.value
        if loss.factory is not None and name in parameter_names(loss.function):
            return f"its parameter `{name}` is hidden by one of its inner function"
        if name in RESERVED:
            return f"its parameter `{name}` means something else to keras.losses.Loss"
        if loss.factory is None and each.default is None:
            return f"its parameter `{name}` {NOT_CALLABLE}"
        if each.default is not None and not _is_plain_value(loss, each.default):
            return f"the default of `{name}` is no plain value that get_config could save"
        given = each.default is None or loss.factory is not None
        if (each.default is None and _is_used_as_object(loss, name)) or (
            given and is_annotated_as_object(each)
        ):
            return f"its parameter `{name}` is an object, which get_config could not save"
    return ""


def _in_body(loss: Loss) -> str:
    function = loss.function
    names = names_below(function) | (names_below(loss.factory) if loss.factory else frozenset())
    if not any(each.value for each in walk(function.body, cst.Return)):
        return "it returns nothing"
    if "self" in names:
        return "it uses the name `self`"
    hidden = sorted(each for each in names if each.startswith("__") and not each.endswith("__"))
    if hidden:
        return f"a class would read the name `{hidden[0]}` as its own"
    own = (loss.factory or function).name.value
    if own not in rebound_names(loss, ()) and any(
        _refers_to(loss, each, own) for each in walk(function.body, cst.Name)
    ):
        return "it calls itself"
    if loss.factory is not None and any(True for _ in walk(function, cst.Nonlocal)):
        return "it keeps a state from one batch to the next"
    return ""


def _refers_to(loss: Loss, node: cst.CSTNode, name: str) -> bool:
    """Whether ``node`` reads or binds ``name``, rather than an attribute or keyword called so."""
    if not isinstance(node, cst.Name) or node.value != name:
        return False
    above = loss.tree.parents[node]
    attribute = isinstance(above, cst.Attribute) and above.attr is node
    return not attribute and not (isinstance(above, cst.Arg) and above.keyword is node)


def _in_file(loss: Loss) -> str:
    own = (loss.factory or loss.function).name.value
    bound = Counter(
        path[0] for path, _ in loss.tree.definitions if len(path) == 1 and path[0] == own
    )
    if bound[own] > 1:
        return "it is defined more than once in this file"
    if name := unbound(loss):
        return f"it raises NameError: nothing in this file binds `{name}`"
    return keeps_a_function(loss)


def _is_used_as_object(loss: Loss, name: str) -> bool:
    """Whether a parameter is called, or an attribute of it is used that no tensor has."""
    for node in walk(loss.factory or loss.function, cst.Call, cst.Attribute):
        match node:
            case cst.Call(func=cst.Name(value=called)) if called == name:
                return True
            case cst.Attribute(
                value=cst.Name(value=owner), attr=cst.Name(value=attribute)
            ) if owner == name and attribute not in ("shape", "dtype"):
                return True
    return False


def rebound_names(loss: Loss, head: tuple[cst.BaseStatement, ...]) -> frozenset[str]:
    """The names that the body, or what the factory runs before it, binds or deletes in any way.

    The parameters of inner functions are among them.
    """
    code = [loss.tree.code(each) for each in (*head, *loss.function.body.body)]
    return frozenset(name for part in code for name in _bound_in(parsed(textwrap.dedent(part))))


def _bound_in(module: ast.AST) -> Iterator[str]:
    for node in ast.walk(module):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias(name=name, asname=asname):
                yield asname or name.split(".")[0]
            case ast.ExceptHandler(name=str() as name):
                yield name
            case ast.Nonlocal(names=names) | ast.Global(names=names):
                yield from names
            case ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name):
                yield name


def _is_plain_value(loss: Loss | None, node: cst.BaseExpression) -> bool:
    """Whether a value is written out, or is a constant of the module of ``loss`` that is."""
    match node:
        case cst.Integer() | cst.Float() | cst.SimpleString():
            return True
        case cst.Name(value=name):
            if name in ("None", "True", "False"):
                return True
            constant = _constant(loss, name) if loss is not None else None
            return constant is not None and _is_plain_value(None, constant)
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return _is_plain_value(loss, inner)
        case cst.BinaryOperation(left=left, right=right):
            return _is_plain_value(loss, left) and _is_plain_value(loss, right)
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            return all(_is_plain_value(loss, each.value) for each in elements)
    return False


def _constant(loss: Loss, name: str) -> cst.BaseExpression | None:
    """What a name of the module is set to, on a line of its own and nowhere else."""
    bound = [
        each
        for each in walk(loss.tree.module, cst.Name)
        if each.value == name
        and not isinstance(loss.tree.parents[each], cst.Arg | cst.Param)
        and _binds(loss, each)
    ]
    lines = [
        small
        for line in loss.tree.module.body
        if isinstance(line, cst.SimpleStatementLine)
        for small in line.body
    ]
    match [loss.tree.parents.get(loss.tree.parents[each]) for each in bound]:
        case [cst.Assign(targets=[_], value=value) as assign] if assign in lines:
            return value
    return None


def _binds(loss: Loss, node: cst.Name) -> bool:
    return isinstance(
        loss.tree.parents[node],
        cst.AssignTarget
        | cst.AugAssign
        | cst.AnnAssign
        | cst.For
        | cst.NamedExpr
        | cst.ImportAlias
        | cst.AsName
        | cst.NameItem
        | cst.FunctionDef
        | cst.ClassDef,
    )


def is_tf_function(loss: Loss, decorator: cst.Decorator) -> bool:
    """Whether a decorator makes a graph of a function or a method alike."""
    return loss.operation(decorator.decorator) in (
        "tf.function",
        "tf.autograph.experimental.convert",
    )


def is_registration(loss: Loss, decorator: cst.Decorator) -> bool:
    """Whether a decorator registers something with Keras."""
    name = loss.operation(decorator.decorator) or ""
    return name.endswith("register_keras_serializable")
