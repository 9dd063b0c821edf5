"""A ``keras.losses.Loss`` subclass out of a function or a closure: the code as its author would write it."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile, pairwise, takewhile

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.methods import function_from, get_config, is_typed
from lossfix.losses.subclassing.arrays import arrays, is_made
from lossfix.losses.subclassing.obstacles import is_registration, is_tf_function, rebound_names
from lossfix.losses.subclassing.same_rank import aligning_statement
from lossfix.syntax import build
from lossfix.syntax.build import tight_equal
from lossfix.syntax.imports import is_import
from lossfix.syntax.tree import names_below

_VERB = re.compile(r"^(make|get|build|create|return|define)_(?=.*[a-z])")
_RETURN = "return_"
"""Of a loss that no factory makes: what an investment yields."""
_SAYS_NOTHING = frozenset(
    {
        "loss",
        "fn",
        "func",
        "loss_fn",
        "loss_func",
        "loss_function",
        "inner",
        "wrapper",
        "wrapped",
        "",
    }
)

_FUNCTION = frozenset({"function", "func", "fn"})
_FACTORY = _FUNCTION | {"wrapper", "factory", "closure", "builder", "maker"}
"""What a last word says of a function, or of a factory, and not of the loss."""

_LOSS_ENDS = re.compile(r"(?i:^loss$)|(?<=[a-zA-Z0-9])Loss$")
"""What the first words of a name need not say: ``loss``, or ``Loss`` at the end of ``SharpLoss``."""


_NUMBERED = re.compile(r"[a-zA-Z0-9]Loss\d+$")
"""The name of one of several losses, which says what it is: ``DiceLoss2``."""
_FOR_TOOLS = re.compile(r"#\s*(?:noqa|type:|pylint|pyright|mypy|pragma|fmt:|yapf|lossfix|nosec)")
"""What a comment says to a tool, which looks for it on the line of the ``def``."""


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
    remarks: Sequence[cst.EmptyLine] = ()
    """Comments to keep above the body."""


def class_name(loss: Loss) -> str:
    """CamelCase with ``Loss`` at its end: ``threshold_penalty`` becomes ``ThresholdPenaltyLoss``.

    A factory's verb is no part of it, and where ``make_loss`` says no more than that, its inner function may.
    """
    functions = [each for each in (loss.factory, loss.function) if each is not None]
    names = [_without_verb(loss, each.name.value) for each in functions]
    telling = (each for each in names if each.strip("_").lower() not in _SAYS_NOTHING)
    short = next(telling, "_loss" if names[0].startswith("_") else "loss")
    hidden = "_" if short.startswith("_") else ""
    words = [word for word in short.split("_") if word]
    # `custom_loss_function` is a `CustomLoss`, `dice_fn` a `DiceLoss`, and `dice_loss_factory` makes one.
    idle = _FUNCTION if loss.factory is None else _FACTORY
    if len(words) > (2 if words[-2:-1] == ["loss"] else 1) and words[-1].lower() in idle:
        words = words[:-1]
    # `loss_by_area` is called for what it is in the middle or in front: `ByAreaLoss`. `loss_2` keeps it.
    words = [
        word if following[0].isdigit() else _LOSS_ENDS.sub("", word)
        for word, following in pairwise(words)
    ] + words[-1:]
    name = "".join(word[:1].upper() + word[1:] for word in words) or "Custom"
    if name[0].isdigit():
        name = f"Custom{name}"  # of `make_3d_loss`
    for ending in ("LossFn", "LossFunction", "LossFunc"):
        if name.endswith(ending):
            name = name[: -len(ending)] + "Loss"
    if name.lower().endswith("loss"):
        name = name[:-4] + "Loss"
    elif not _NUMBERED.search(name):
        name += "Loss"
    if name == "Loss":
        name = "CustomLoss"
    custom = name if name.startswith("Custom") else f"Custom{name}"
    return loss.fresh(hidden + name, hidden + custom)


def _without_verb(loss: Loss, name: str) -> str:
    return name if loss.factory is None and name.startswith(_RETURN) else _VERB.sub("", name)


def build_class(loss: Loss, parts: Parts) -> cst.ClassDef:
    """The class: constructor, ``call`` with the body as it was, and ``get_config``."""
    names = [each.name.value for each in parts.parameters]
    body: list[cst.BaseStatement] = []
    if parts.docstring is not None:
        body.append(parts.docstring.with_changes(leading_lines=_remarks(parts.docstring)))
    body.append(_constructor(loss, parts, spaced=bool(body)))
    body.append(_call(loss, parts, names))
    if names:
        body.append(get_config(loss, {name: _saved(loss, name) for name in names}))
    return cst.ClassDef(
        name=cst.Name(parts.name),
        bases=[cst.Arg(build.name(loss.spell("keras.losses.Loss")))],
        lpar=cst.LeftParen(),
        rpar=cst.RightParen(),
        body=cst.IndentedBlock(body=body),
        decorators=[_registration(loss)],
        leading_lines=_apart(loss, parts.leading_lines),
    )


def _saved(loss: Loss, name: str) -> str:
    """What ``get_config`` saves of a parameter: a list of an array, which no ``.keras`` file gives back."""
    if name not in arrays(loss):
        return f"self.{name}"
    is_one = not is_made(loss, name)
    return (
        f"self.{name}.tolist()" if is_one else f"{loss.spell('np.asarray')}(self.{name}).tolist()"
    )


def _kept(loss: Loss, name: str) -> str:
    """What the constructor keeps of a parameter: of the list that is loaded, an array where one is read."""
    is_one = name in arrays(loss) and not is_made(loss, name)
    return f"{loss.spell('np.asarray')}({name})" if is_one else name


def _apart(loss: Loss, lines: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """The lines above a definition with the two blank ones that stand above a class of a module."""
    outermost = loss.factory or loss.function
    body = loss.tree.module.body
    if outermost not in body or outermost is body[0]:
        return list(lines)
    blank = next((at for at, line in enumerate(lines) if line.comment is not None), len(lines))
    return [*_blank() * (2 - blank), *lines]


def _registration(loss: Loss) -> cst.Decorator:
    for decorator in (
        *loss.function.decorators,
        *(loss.factory.decorators if loss.factory else ()),
    ):
        if is_registration(loss, decorator):
            plain = decorator.with_changes(leading_lines=[])
            if decorator not in loss.function.decorators:
                return plain
            return _under_its_old_name(plain, loss.function.name.value)
    # `tf.keras` has no `saving`; both have it under `utils`, and Keras 3 documents the former.
    module = loss.spell("keras.saving")
    own = loss.tree.module_scope.resolve(module.partition(".")[0]) or loss.keras_origin
    name = f"{module if own == 'keras' else loss.spell('keras.utils')}.register_keras_serializable"
    return cst.Decorator(build.expression(f'{name}(package="{loss.package}")'))


def _under_its_old_name(decorator: cst.Decorator, name: str) -> cst.Decorator:
    """The registration of a function, for its class: models that were saved ask for the old name."""
    call = decorator.decorator
    if not isinstance(call, cst.Call) or any(each.star for each in call.args):
        return decorator
    keywords = [each.keyword.value if each.keyword else None for each in call.args]
    if "name" in keywords or keywords.count(None) > 1:
        return decorator
    named = cst.Arg(build.expression(f'"{name}"'), cst.Name("name"), equal=tight_equal())
    return decorator.with_changes(decorator=build.with_arguments(call, [named]))


def _remarks(statement: cst.BaseStatement) -> list[cst.EmptyLine]:
    """What stands above a statement, from its first comment on: blank lines between comments part them."""
    lines: Sequence[cst.EmptyLine] = getattr(statement, "leading_lines", ())
    return list(dropwhile(lambda line: line.comment is None, lines))


def _blank() -> list[cst.EmptyLine]:
    return [cst.EmptyLine(indent=False)]


def _constructor(loss: Loss, parts: Parts, spaced: bool) -> cst.FunctionDef:
    # TensorFlow opens no scope `_loss` at the root of a graph, where an instance may be called.
    name = parts.registered_name.lstrip("_") or "loss"
    own = f'reduction="sum_over_batch_size", name="{name}", dtype=None'
    head = f"def __init__(self, {own}):"
    if is_typed(loss):
        # `str | None` is evaluated where annotations are, before Python 3.10 to an error.
        dtype = ": str | None = None" if _postpones_annotations(loss) else "=None"
        own = f'reduction: str = "sum_over_batch_size", name: str = "{name}", dtype{dtype}'
        head = f"def __init__(self, {own}) -> None:"
    base = f"{head}\n    super().__init__(reduction=reduction, name=name, dtype=dtype)\n"
    assigned = "".join(
        f"    self.{each.name.value} = {_kept(loss, each.name.value)}\n"
        for each in parts.parameters
    )
    method = function_from(loss, base + assigned, blank_lines=int(spaced))
    first, *rest = method.params.params
    kept = [
        (
            cst.Param(
                name=each.name,
                annotation=each.annotation,
                default=each.default,
                star="",
                equal=each.equal if each.annotation is not None else tight_equal(),
            )
            if each.default is not None
            else cst.Param(name=each.name, annotation=each.annotation, star="")
        )
        for each in parts.parameters
    ]
    return method.with_changes(params=method.params.with_changes(params=[first, *kept, *rest]))


def _postpones_annotations(loss: Loss) -> bool:
    return any(
        isinstance(each, ast.ImportFrom)
        and each.module == "__future__"
        and any(alias.name == "annotations" for alias in each.names)
        for each in loss.tree.outline.body
    )


def _call(loss: Loss, parts: Parts, names: Sequence[str]) -> cst.FunctionDef:
    function = loss.function
    body = function.body
    assert isinstance(body, cst.IndentedBlock)
    body, remarks = _without_remark(body)
    positional = [*function.params.posonly_params, *function.params.params][:2]
    self_ = cst.Param(cst.Name("self"), star="")
    params = [self_, *(each.with_changes(comma=cst.MaybeSentinel.DEFAULT) for each in positional)]
    return function.with_changes(
        name=cst.Name("call"),
        params=cst.Parameters(params=params),
        body=body.with_changes(
            body=_body_of_call(
                loss, replace(parts, remarks=[*remarks, *parts.remarks]), names, body
            ),
            indent=None,
            footer=[line for line in body.footer if line.comment is not None],
        ),
        decorators=[
            each.with_changes(leading_lines=[])
            for each in function.decorators
            if is_tf_function(loss, each)
        ],
        leading_lines=_blank(),
        lines_after_decorators=[],
    )


def _without_remark(
    body: cst.IndentedBlock,
) -> tuple[cst.IndentedBlock, tuple[cst.EmptyLine, ...]]:
    """A body without the comment that stands behind the ``def``, which is longer now, and that comment.

    One that tells a tool something stays where the tool looks for it.
    """
    comment = body.header.comment
    if comment is None or _FOR_TOOLS.search(comment.value):
        return body, ()
    return body.with_changes(header=cst.TrailingWhitespace()), (cst.EmptyLine(comment=comment),)


def _body_of_call(
    loss: Loss, parts: Parts, names: Sequence[str], body: cst.IndentedBlock
) -> list[cst.BaseStatement]:
    """What ``call`` runs: the ranks aligned, then what the factory and the function ran."""
    statements: list[cst.BaseStatement] = list(body.body)
    said = docstring_line(loss.function)
    if said is not None:
        statements = statements[1:]
    # A factory's docstring is the class's, and that of its inner function stays with the body.
    docstring = [] if said is None or loss.factory is None else [said]
    taken = rebound_names(loss, parts.head)
    head, rebound = _reading_anew(parts.head, [name for name in names if name in taken])
    replaced = _SelfNames(frozenset(names) - set(taken))
    changed = [each.visit(replaced) for each in (*head, *statements)]
    own = [each for each in changed if isinstance(each, cst.BaseStatement)]
    if own and hasattr(own[0], "leading_lines"):
        own[0] = own[0].with_changes(leading_lines=[*parts.remarks, *_remarks(own[0])])
    # An import that binds a parameter's name again stays behind the line that reads the parameter.
    imports = [] if rebound else list(takewhile(is_import, own))
    aligned = aligning_statement(loss)
    opening = [] if aligned is None else [aligned]
    reads = [cst.parse_statement(f"{name} = self.{name}") for name in rebound]
    return [*docstring, *imports, *opening, *reads, *own[len(imports) :]]


def _reading_anew(
    head: Sequence[cst.BaseStatement], rebound: Sequence[str]
) -> tuple[list[cst.BaseStatement], list[str]]:
    """What the factory runs, where it can with the parameters read off ``self`` that it binds again; and
    those of ``rebound`` for which it cannot."""
    changed, left = list(head), []
    for name in rebound:
        at = next((n for n, each in enumerate(changed) if name in names_below(each)), None)
        anew = None if at is None else _bound_anew(changed[at], name)
        if at is None or anew is None:
            left.append(name)
        else:
            changed[at] = anew
    return changed, left


def _bound_anew(statement: cst.BaseStatement, name: str) -> cst.BaseStatement | None:
    """``w = tf.constant(self.w)`` of ``w = tf.constant(w)``; ``None`` of anything but such an assignment."""
    match statement:
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=target))]) as assign]
        ) if (target == name):
            value = assign.value.visit(_SelfNames(frozenset({name})))
            return statement.with_changes(body=[assign.with_changes(value=value)])
    return None


def docstring_line(function: cst.FunctionDef) -> cst.SimpleStatementLine | None:
    """The statement that is the function's docstring."""
    match function.body:
        case cst.IndentedBlock(
            body=[cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString())]) as line, *_]
        ):
            return line
    return None


class _SelfNames(cst.CSTTransformer):
    """Turns reads of the parameters, which nothing in the body binds again, into attributes of ``self``."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self.labels: set[cst.CSTNode] = set()
        """Names that are no reads: of an attribute, or of a keyword argument."""

    def visit_Attribute_attr(self, node: cst.Attribute) -> None:
        self.labels.add(node.attr)

    def visit_Arg_keyword(self, node: cst.Arg) -> None:
        if node.keyword is not None:
            self.labels.add(node.keyword)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        if original_node.value in self.names and original_node not in self.labels:
            return cst.Attribute(cst.Name("self"), updated_node.with_changes(lpar=[], rpar=[]))
        return updated_node
