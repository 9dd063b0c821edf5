"""A ``keras.losses.Loss`` subclass out of a function or a closure: the code as its author would write it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from lossfix.losses.loss import Loss
from lossfix.losses.names import LOSS_FUNCTIONS
from lossfix.losses.parameters import parameter_names
from lossfix.losses.uses import uses_of
from lossfix.model import Form
from lossfix.syntax import build
from lossfix.syntax.tree import dotted, walk

_RESERVED = frozenset({"self", "name", "reduction", "dtype", "call", "get_config", "from_config"})
_VERB = re.compile(r"^(make|get|build|create|return|define)_(?=.*[a-z])")

SAME_RANK = '''def {name}(y_true, y_pred):
    """Targets and predictions of the same rank, as Keras aligns them for a plain function."""
    true_rank, pred_rank = y_true.shape.rank, y_pred.shape.rank
    if true_rank is None or pred_rank is None:
        return y_true, y_pred
    if true_rank == pred_rank + 1 and y_true.shape[-1] == 1:
        if pred_rank == 1:
            return y_true, {tf}.expand_dims(y_pred, -1)
        return {tf}.squeeze(y_true, -1), y_pred
    if pred_rank == true_rank + 1 and y_pred.shape[-1] == 1:
        if true_rank == 1:
            return {tf}.expand_dims(y_true, -1), y_pred
        return y_true, {tf}.squeeze(y_pred, -1)
    return y_true, y_pred
'''
"""Mirrors ``squeeze_or_expand_to_same_rank`` of Keras 3, which ``compile`` applies to functions only."""


@dataclass(frozen=True, eq=False)
class Parts:
    """What a class is made of, whatever form the loss had before."""

    name: str
    docstring: cst.SimpleStatementLine | None
    parameters: tuple[cst.Param, ...]
    """The constructor's own, in order, defaults included."""
    registered_name: str
    """Keras' name of the loss: history keys and monitors depend on it."""
    head: tuple[cst.BaseStatement, ...]
    """Statements to run before the body, from the factory."""
    leading_lines: Sequence[cst.EmptyLine]


def class_name(loss: Loss) -> str:
    """CamelCase with ``Loss`` at its end: ``threshold_penalty`` becomes ``ThresholdPenaltyLoss``."""
    function = (loss.factory or loss.function).name.value
    short = _VERB.sub("", function)
    if short.lower().strip("_") in ("loss", "custom_loss", "fn", ""):
        short = function
    hidden = "_" if short.startswith("_") else ""
    words = [word for word in short.split("_") if word]
    name = "".join(word[:1].upper() + word[1:] for word in words) or "Custom"
    for ending in ("LossFn", "LossFunction", "LossFunc"):
        if name.endswith(ending):
            name = name[: -len(ending)] + "Loss"
    if name.lower().endswith("loss"):
        name = name[:-4] + "Loss"
    else:
        name += "Loss"
    if name == "Loss":
        name = "CustomLoss"
    return loss.fresh(hidden + name, f"{hidden}Custom{name}")


def own_parameters(loss: Loss) -> tuple[cst.Param, ...]:
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
        if (
            len([*inner.posonly_params, *inner.params]) != 2
            or inner.kwonly_params
            or inner.star_kwarg
        ):
            return "its inner function takes more than targets and predictions"
    names = [each.name.value for each in own_parameters(loss)]
    if reserved := sorted(set(names) & _RESERVED):
        return f"its parameter `{reserved[0]}` means something else to keras.losses.Loss"
    for each in own_parameters(loss):
        if factory is None and each.default is None:
            return f"its parameter `{each.name.value}` has no default, so Keras cannot call it"
        if each.default is not None and not _is_plain_value(each.default):
            return (
                f"the default of `{each.name.value}` is no plain value that get_config could save"
            )
    if "self" in names_in(function):
        return "it uses the name `self`"
    for decorator in (*function.decorators, *(factory.decorators if factory else ())):
        if not _known_decorator(loss, decorator):
            return f"its decorator `{loss.tree.code(decorator.decorator)}` may depend on its form"
    return ""


def names_in(node: cst.CSTNode) -> frozenset[str]:
    """All names below a node."""
    return frozenset(each.value for each in walk(node) if isinstance(each, cst.Name))


def _is_plain_value(node: cst.BaseExpression) -> bool:
    match node:
        case cst.Integer() | cst.Float() | cst.SimpleString():
            return True
        case cst.Name(value=value):
            return value in ("None", "True", "False")
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return _is_plain_value(inner)
        case cst.BinaryOperation(left=left, right=right):
            return _is_plain_value(left) and _is_plain_value(right)
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            return all(_is_plain_value(each.value) for each in elements)
    return False


def _known_decorator(loss: Loss, decorator: cst.Decorator) -> bool:
    return _is_registration(loss, decorator) or _is_tf_function(loss, decorator)


def _is_tf_function(loss: Loss, decorator: cst.Decorator) -> bool:
    return loss.operation(decorator.decorator) in (
        "tf.function",
        "tf.autograph.experimental.convert",
    )


def _is_registration(loss: Loss, decorator: cst.Decorator) -> bool:
    name = loss.operation(decorator.decorator) or ""
    return name.endswith("register_keras_serializable")


def build_class(loss: Loss, parts: Parts) -> cst.ClassDef:
    """The class: constructor, ``call`` with the body as it was, and ``get_config``."""
    names = [each.name.value for each in parts.parameters]
    body: list[cst.BaseStatement] = []
    if parts.docstring is not None:
        body.append(parts.docstring.with_changes(leading_lines=[]))
    body.append(_constructor(loss, parts, spaced=bool(body)))
    body.append(_call(loss, parts, names))
    if names:
        body.append(_get_config(loss, names))
    return cst.ClassDef(
        name=cst.Name(parts.name),
        bases=[cst.Arg(build.name(loss.spell("keras.losses.Loss")))],
        lpar=cst.LeftParen(),
        rpar=cst.RightParen(),
        body=cst.IndentedBlock(body=body),
        decorators=[_registration(loss)],
        leading_lines=list(parts.leading_lines),
    )


def _registration(loss: Loss) -> cst.Decorator:
    for decorator in (
        *loss.function.decorators,
        *(loss.factory.decorators if loss.factory else ()),
    ):
        if _is_registration(loss, decorator):
            return decorator.with_changes(leading_lines=[])
    # `tf.keras` has no `saving`; both have it under `utils`, and Keras 3 documents the former.
    module = loss.spell("keras.saving")
    own = loss.tree.scopes[-1].resolve(module.partition(".")[0]) or "keras"
    name = f"{module if own == 'keras' else loss.spell('keras.utils')}.register_keras_serializable"
    return cst.Decorator(build.expression(f'{name}(package="{loss.package}")'))


def _blank() -> list[cst.EmptyLine]:
    return [cst.EmptyLine(indent=False)]


def _parse(loss: Loss, code: str) -> cst.FunctionDef:
    statement = cst.parse_statement(code, config=loss.tree.module.config_for_parsing)
    assert isinstance(statement, cst.FunctionDef)
    return statement


def _constructor(loss: Loss, parts: Parts, spaced: bool) -> cst.FunctionDef:
    base = (
        f'def __init__(self, reduction="sum_over_batch_size", name="{parts.registered_name}", '
        "dtype=None):\n"
        "    super().__init__(reduction=reduction, name=name, dtype=dtype)\n"
    )
    assigned = "".join(
        f"    self.{each.name.value} = {each.name.value}\n" for each in parts.parameters
    )
    method = _parse(loss, base + assigned)
    first, *rest = method.params.params
    own = [
        (
            cst.Param(
                name=each.name,
                annotation=each.annotation,
                default=each.default,
                star="",
                equal=(
                    each.equal
                    if each.annotation is not None
                    else cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
                ),
            )
            if each.default is not None
            else cst.Param(name=each.name, annotation=each.annotation, star="")
        )
        for each in parts.parameters
    ]
    return method.with_changes(
        params=method.params.with_changes(params=[first, *own, *rest]),
        leading_lines=_blank() if spaced else [],
    )


def _call(loss: Loss, parts: Parts, names: Sequence[str]) -> cst.FunctionDef:
    function = loss.function
    body = function.body
    assert isinstance(body, cst.IndentedBlock)
    statements: list[cst.BaseStatement] = list(body.body)
    if loss.factory is None and _docstring(function) is not None:
        statements = statements[1:]
    head = list(parts.head)
    rebound = [name for name in names if _rebinds(loss, parts, name)]
    replaced = _SelfNames(frozenset(names) - set(rebound))
    changed = [each.visit(replaced) for each in (*head, *statements)]
    opening = [cst.parse_statement(f"{name} = self.{name}") for name in rebound]
    aligned = aligning_statement(loss)
    if aligned is not None:
        opening.insert(0, aligned)
    positional = [*function.params.posonly_params, *function.params.params][:2]
    self_ = cst.Param(cst.Name("self"), star="")
    params = [self_, *(each.with_changes(comma=cst.MaybeSentinel.DEFAULT) for each in positional)]
    first = [each for each in changed if isinstance(each, cst.BaseStatement)]
    if first and hasattr(first[0], "leading_lines"):
        first[0] = first[0].with_changes(
            leading_lines=[line for line in first[0].leading_lines if line.comment is not None]
        )
    return function.with_changes(
        name=cst.Name("call"),
        params=cst.Parameters(params=params),
        body=body.with_changes(body=[*opening, *first], indent=None),
        decorators=[
            each.with_changes(leading_lines=[])
            for each in function.decorators
            if _is_tf_function(loss, each)
        ],
        leading_lines=_blank(),
        lines_after_decorators=[],
    )


def _rebinds(loss: Loss, parts: Parts, name: str) -> bool:
    if any(each.name == name for each in loss.flow.bindings):
        return True
    return any(
        isinstance(node, cst.AssignTarget | cst.AugAssign)
        and isinstance(node.target, cst.Name)
        and node.target.value == name
        for statement in parts.head
        for node in walk(statement)
    )


def aligning_statement(
    loss: Loss,
) -> cst.SimpleStatementLine | cst.BaseCompoundStatement | None:
    """The first line of ``call``, where targets and predictions could differ by a trailing axis of one."""
    if not needs_alignment(loss):
        return None
    return cst.parse_statement(
        f"{loss.y_true}, {loss.y_pred} = {rank_function(loss)}({loss.y_true}, {loss.y_pred})"
    )


def needs_alignment(loss: Loss) -> bool:
    """Whether the body combines targets and predictions itself.

    Keras' own losses align what they are given, so a body that only calls those needs nothing.
    """
    inside: set[int] = set()
    for node in walk(loss.function.body):
        if isinstance(node, cst.Call) and loss.operation(node) in LOSS_FUNCTIONS:
            inside.update(id(each) for each in walk(node))
    used = {
        node.value
        for node in walk(loss.function.body)
        if isinstance(node, cst.Name) and id(node) not in inside
    }
    return {loss.y_true, loss.y_pred} <= used


def rank_function(loss: Loss) -> str:
    """The name of the file's ``same_rank``, there already or to be added."""
    return "same_rank" if _has_rank_function(loss) else loss.fresh("same_rank")


def _has_rank_function(loss: Loss) -> bool:
    code = SAME_RANK.format(name="same_rank", tf=loss.tensorflow)
    wanted = cst.parse_statement(code)
    return any(
        isinstance(each, cst.FunctionDef)
        and each.name.value == "same_rank"
        and isinstance(wanted, cst.FunctionDef)
        and [type(node) for node in walk(each.body)] == [type(node) for node in walk(wanted.body)]
        for each in loss.tree.module.body
    )


def rank_function_definition(loss: Loss) -> tuple[cst.BaseStatement, ...]:
    """The definition of ``same_rank`` where this loss needs it and the file has none yet."""
    if not needs_alignment(loss) or _has_rank_function(loss):
        return ()
    code = SAME_RANK.format(name=rank_function(loss), tf=loss.tensorflow)
    statement = _parse(loss, code)
    return (statement.with_changes(leading_lines=_blank() * 2),)


def _get_config(loss: Loss, names: Sequence[str]) -> cst.FunctionDef:
    entries = ", ".join(f'"{name}": self.{name}' for name in names)
    method = _parse(
        loss, f"def get_config(self):\n    return {{**super().get_config(), {entries}}}\n"
    )
    return method.with_changes(leading_lines=_blank())


def docstring_line(function: cst.FunctionDef) -> cst.SimpleStatementLine | None:
    """The statement that is the function's docstring."""
    return _docstring(function)


def _docstring(function: cst.FunctionDef) -> cst.SimpleStatementLine | None:
    match function.body:
        case cst.IndentedBlock(
            body=[cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString())]) as line, *_]
        ):
            return line
    return None


class _SelfNames(cst.CSTTransformer):
    """Turns reads of the parameters into attributes of ``self``, minding inner functions."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self.shadowed: list[frozenset[str]] = [frozenset()]

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        self.shadowed.append(self.shadowed[-1] | set(parameter_names(node)))
        return True

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        self.shadowed.pop()
        return updated_node

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        names = {each.name.value for each in (*node.params.params, *node.params.kwonly_params)}
        self.shadowed.append(self.shadowed[-1] | names)
        return True

    def leave_Lambda(self, original_node: cst.Lambda, updated_node: cst.Lambda) -> cst.Lambda:
        self.shadowed.pop()
        return updated_node

    def visit_Attribute_attr(self, node: cst.Attribute) -> None:
        self.shadowed.append(self.names)

    def leave_Attribute_attr(self, node: cst.Attribute) -> None:
        self.shadowed.pop()

    def visit_Arg_keyword(self, node: cst.Arg) -> None:
        self.shadowed.append(self.names)

    def leave_Arg_keyword(self, node: cst.Arg) -> None:
        self.shadowed.pop()

    def visit_Param_name(self, node: cst.Param) -> None:
        self.shadowed.append(self.names)

    def leave_Param_name(self, node: cst.Param) -> None:
        self.shadowed.pop()

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        if original_node.value in self.names and original_node.value not in self.shadowed[-1]:
            return cst.Attribute(cst.Name("self"), updated_node.with_changes(lpar=[], rpar=[]))
        return updated_node


def reads(loss: Loss, name: str) -> Iterator[cst.Name]:
    """Where the rest of the file reads a module-level name, outside of the loss itself."""
    inside = {id(node) for node in walk(loss.outermost)}
    for node in walk(loss.tree.module):
        if not isinstance(node, cst.Name) or node.value != name or id(node) in inside:
            continue
        above = loss.tree.parents.get(node)
        match above:
            case cst.Attribute() if above.attr is node:
                continue
            case cst.Arg() if above.keyword is node:
                continue
            case cst.Param() | cst.AssignTarget() | cst.ImportAlias() | cst.AsName():
                continue
            case cst.FunctionDef() | cst.ClassDef():
                continue
        yield node


@dataclass(frozen=True, eq=False)
class CallSites:
    """What must change where the loss is used, or why it must not change its form."""

    replace: Mapping[cst.CSTNode, build.Replacement]
    reason: str = ""


def call_sites(loss: Loss) -> CallSites:
    """How the uses of a function in its own file take to an instance in its place.

    A direct call used the unreduced value, and gets it from ``call``. Where the function escapes
    into something that may call it, its form must stay.
    """
    name = (loss.factory or loss.function).name.value
    replace: dict[cst.CSTNode, build.Replacement] = {}
    for read in reads(loss, name):
        above = loss.tree.parents.get(read)
        match above:
            case cst.Call() if above.func is read:
                if loss.form is Form.CLOSURE:
                    if reason := _factory_call(loss, above):
                        return CallSites({}, reason)
                    continue
                plain = all(each.keyword is None and not each.star for each in above.args)
                if not plain or len(above.args) != 2:
                    return CallSites({}, "it is called with more than targets and predictions")
                replace[read] = build.name(f"{name}.call")
            case cst.Attribute():
                return CallSites(
                    {}, f"`{loss.tree.code(above)}` is used, which an instance has not"
                )
            case cst.Arg():
                call = loss.tree.parents.get(above)
                if not isinstance(call, cst.Call) or not _takes_losses(loss, call, above):
                    return CallSites(
                        {}, "it is passed to a function that may call it as a function"
                    )
            case cst.Decorator() | cst.ClassDef() | cst.Del():
                return CallSites({}, "it is used as more than a loss")
            case cst.ComparisonTarget() | cst.Comparison():
                return CallSites({}, "it is compared with something")
    return CallSites(replace)


def _factory_call(loss: Loss, call: cst.Call) -> str:
    # `make_loss(0.7)(y_true, y_pred)` and `f = make_loss(0.7); f(y_true, y_pred)` use the function.
    above = loss.tree.parents.get(call)
    match above:
        case cst.Call() if above.func is call:
            return "what the factory returns is called directly"
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            for node in walk(loss.tree.module):
                if (
                    isinstance(node, cst.Call)
                    and isinstance(node.func, cst.Name)
                    and node.func.value == name
                ):
                    return "what the factory returns is called directly"
        case cst.Attribute():
            return "an attribute of what the factory returns is used"
    return ""


def _takes_losses(loss: Loss, call: cst.Call, argument: cst.Arg) -> bool:
    keyword = argument.keyword.value if argument.keyword is not None else None
    if keyword in ("loss", "losses", "custom_objects"):
        return True
    called = (dotted(call.func) or "").rpartition(".")[2]
    if called == "compile":
        return keyword is None
    # A function of this file that compiles a model with it.
    return called in uses_of(loss.tree.outline).passed_on
