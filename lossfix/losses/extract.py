"""The smallest module that still holds a loss: imports, definitions and constants that it reaches.

The user's script itself never runs. A name that the loss reaches and that is bound by anything else
(``args.alpha``, ``1 / frame.groupby(...)``) is a hole: the loss is then not verifiable, and the
reason names the line.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from lossfix.losses.discover import Candidate
from lossfix.model import Form, Subject
from lossfix.syntax.scope import (
    Definition,
    definitions,
    dotted,
    parameters,
    scope_of_module,
    statements,
)

STEEPNESS = {"steepness": "{steepness}", "gate_steepness": "{steepness}"}
"""What the rules call the steepness of a gate."""

WRITTEN_BY_HAND = {
    **STEEPNESS,
    **dict.fromkeys(
        ("sharpness", "slope", "hardness", "beta", "k", "scale", "alpha"), "{steepness}"
    ),
    **dict.fromkeys(("temperature", "temp", "tau", "width", "softness"), "1.0 / {steepness}"),
}
"""What others call it, or its reciprocal, the most telling names first."""

ReadModule = Callable[[str], str | None]
"""The text of a module of the same project (``.utils``, ``losses.dice``); ``None`` for any other."""

_PURE_ROOTS = frozenset("""
    numpy tensorflow keras tf_keras math functools itertools collections operator enum dataclasses
    typing fractions decimal numbers
    """.split())
_IMPURE_WORDS = (
    "load",
    "read",
    "open",
    "save",
    "download",
    "fetch",
    "application",
    "dataset",
    "fromfile",
)
_ASSUMED = (
    (("class", "num", "n", "k", "channels", "size", "dim"), "3"),
    (("axis",), "-1"),
    (("gamma",), "2.0"),
    (("delta", "margin"), "1.0"),
    (("smooth", "eps", "epsilon"), "1e-06"),
    (("logits",), "False"),
)


def extract(
    text: str,
    candidate: Candidate,
    read_module: ReadModule = lambda name: None,
    arguments: tuple[str, ...] | None = None,
    steepness: Mapping[str, str] = STEEPNESS,
) -> Subject:
    """The subject of one loss of ``text``.

    Args:
        text: a whole module that parses.
        candidate: the loss, as discovered in this text.
        read_module: gives the text of modules of the same project.
        arguments: what to build a factory or a class with, instead of what its calls say.
        steepness: names of parameters that make a gate steeper, the first that the loss has counts,
            and what each is given, with a hole ``{steepness}``.
    """
    module = ast.parse(text)
    expression, assumptions, failure = _expression(module, candidate, arguments)
    if failure:
        return Subject("", expression, unverifiable=failure)
    try:
        if candidate.form is Form.NESTED:
            source = _nested(text, module, candidate, read_module)
        else:
            source = _slice(text, module, {candidate.path[0]}, read_module, frozenset())
    except _Hole as hole:
        return Subject("", expression, unverifiable=str(hole))
    steepened = _steepened(module, candidate, expression, steepness)
    return Subject(source, expression, steepened, assumptions)


class _Hole(Exception):
    """A name that the loss needs and that no definition, constant or import binds."""


@dataclass(frozen=True)
class _Bound:
    """One top-level statement, the names it binds and those it reads."""

    node: ast.stmt
    binds: frozenset[str]
    reads: frozenset[str]


def _bound(node: ast.stmt) -> _Bound:
    binds: set[str] = set()
    for each in statements([node]):
        match each:
            case ast.Import(names=names):
                binds |= {name.asname or name.name.split(".")[0] for name in names}
            case ast.ImportFrom(names=names):
                binds |= {name.asname or name.name for name in names}
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                binds.add(name)
            case _:
                for part in ast.walk(each):
                    if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                        binds.add(part.id)
    reads = {
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Store)
    }
    return _Bound(node, frozenset(binds), frozenset(reads))


def _slice(
    text: str,
    module: ast.Module,
    wanted: set[str],
    read_module: ReadModule,
    seen_modules: frozenset[str],
    extra: str = "",
) -> str:
    """The source of everything that ``wanted`` reaches, in the order of the file."""
    bounds = [_bound(node) for node in module.body]
    scope = scope_of_module(module)
    kept: set[int] = set()
    inlined: list[str] = []
    queue, seen = list(wanted), set(wanted)
    while queue:
        name = queue.pop()
        for number, bound in enumerate(bounds):
            if name not in bound.binds or number in kept:
                continue
            problem = _problem(bound.node, scope.resolve)
            if problem:
                raise _Hole(
                    f"it needs `{name}`, which line {bound.node.lineno} binds by {problem}: "
                    "that is not run here"
                )
            foreign = _inline(bound.node, name, read_module, seen_modules)
            if foreign is not None:
                inlined.append(foreign)
                continue
            kept.add(number)
            for read in bound.reads - seen:
                seen.add(read)
                queue.append(read)
    future = [
        number
        for number, bound in enumerate(bounds)
        if isinstance(bound.node, ast.ImportFrom) and bound.node.module == "__future__"
    ]
    lines = text.splitlines(keepends=True)
    parts = [_source(lines, text, bounds[number].node) for number in sorted({*future, *kept})]
    head, rest = parts[: len(future)], parts[len(future) :]
    return "\n".join([*head, *inlined, *rest, *([extra] if extra else [])]) + "\n"


def _source(lines: list[str], text: str, node: ast.stmt) -> str:
    first = node.lineno
    if isinstance(node, Definition) and node.decorator_list:
        first = min(each.lineno for each in node.decorator_list)
    last = node.end_lineno or first
    alone = "".join(lines[first - 1 : last])
    if not isinstance(node, Definition):
        segment = ast.get_source_segment(text, node)
        if segment is not None and segment.strip() != alone.strip():
            return segment + "\n"
    return alone.rstrip("\r\n") + "\n"


def _problem(node: ast.stmt, resolve: Callable[[str], str | None]) -> str:
    """Why a top-level statement must not be run; empty where it only defines."""
    match node:
        case (
            ast.Import()
            | ast.ImportFrom()
            | ast.FunctionDef()
            | ast.ClassDef()
            | ast.AsyncFunctionDef()
        ):
            return ""
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return "" if _is_pure(value, resolve) else "a call or a value that is no constant"
        case ast.AugAssign(value=value):
            return "" if _is_pure(value, resolve) else "a value that is no constant"
        case ast.If(test=test, body=body, orelse=orelse):
            if not _is_pure(test, resolve):
                return "an `if` whose condition is no constant"
            return next((p for each in (*body, *orelse) if (p := _problem(each, resolve))), "")
        case ast.Try():
            inner = [*node.body, *node.orelse, *node.finalbody]
            inner += [each for handler in node.handlers for each in handler.body]
            return next((p for each in inner if (p := _problem(each, resolve))), "")
        case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Raise():
            return ""
    return f"a statement that runs ({type(node).__name__.lower()})"


def _is_pure(node: ast.expr, resolve: Callable[[str], str | None]) -> bool:
    for part in ast.walk(node):
        match part:
            case ast.Call(func=function):
                name = dotted(function)
                if name is None:
                    # A method of a constant: `"a b".split()`, `np.array([1]).astype("float32")`.
                    if not isinstance(function, ast.Attribute) or _sounds_impure(function.attr):
                        return False
                    continue
                resolved = resolve(name)
                if resolved is None:
                    root = name.split(".")[0]
                    if _sounds_impure(name) or (
                        "." not in name and root in {"input", "exec", "eval", "print"}
                    ):
                        return False
                    continue
                if resolved.split(".")[0] not in _PURE_ROOTS or _sounds_impure(resolved):
                    return False
            case ast.Await() | ast.Yield() | ast.YieldFrom():
                return False
            case ast.Attribute() if (name := dotted(part)) and (resolve(name) or "").startswith(
                ("os.environ", "sys.argv")
            ):
                return False
    return True


def _sounds_impure(name: str) -> bool:
    return any(word in name.lower() for word in _IMPURE_WORDS)


def _inline(
    node: ast.stmt, name: str, read_module: ReadModule, seen_modules: frozenset[str]
) -> str | None:
    """The source behind ``from .utils import name``, where that is a module of the project."""
    if not isinstance(node, ast.ImportFrom):
        if isinstance(node, ast.Import):
            for entry in node.names:
                if (entry.asname or entry.name.split(".")[0]) == name and read_module(
                    entry.name
                ) is not None:
                    raise _Hole(f"it needs the module `{entry.name}` of this project as a whole")
        return None
    origin = "." * node.level + (node.module or "")
    text = read_module(origin)
    if text is None:
        if node.level:
            raise _Hole(f"it needs `{name}` from `{origin}`, which was not found")
        return None
    if origin in seen_modules:
        raise _Hole(f"it needs `{name}` from `{origin}`, which imports it back")
    original = next(each.name for each in node.names if (each.asname or each.name) == name)
    try:
        module = ast.parse(text)
    except SyntaxError:
        raise _Hole(f"it needs `{name}` from `{origin}`, which does not parse") from None
    if original not in scope_of_module(module).everything():
        raise _Hole(f"it needs `{original}` from `{origin}`, which does not define it")
    alias = f"{name} = {original}\n" if name != original else ""
    return _slice(text, module, {original}, read_module, seen_modules | {origin}) + alias


def _nested(text: str, module: ast.Module, candidate: Candidate, read_module: ReadModule) -> str:
    """A nested function with what it captures, where that is made of constants."""
    listed = dict(definitions(module.body))
    function = listed[candidate.path]
    outer = listed[candidate.path[:-1]]
    if isinstance(outer, ast.ClassDef) or isinstance(function, ast.ClassDef):
        raise _Hole("it is defined in a place from which it cannot be taken")
    free = {part.id for part in ast.walk(function) if isinstance(part, ast.Name)}
    scope = scope_of_module(module)
    lines = text.splitlines(keepends=True)
    prelude: list[str] = []
    taken: set[str] = set()
    for name, default in _defaults(outer):
        if name in free:
            if default is None:
                raise _Hole(
                    f"it captures `{name}`, a parameter of `{outer.name}` without a default"
                )
            prelude.append(f"{name} = {ast.unparse(default)}\n")
            taken.add(name)
    for statement in statements(outer.body):
        bound = _bound(statement)
        if statement is function or not bound.binds & free:
            continue
        if problem := _problem(statement, scope.resolve):
            raise _Hole(
                f"it captures `{sorted(bound.binds & free)[0]}` of `{outer.name}`, bound by {problem}"
            )
        prelude.append(textwrap.dedent(_source(lines, text, statement)))
        taken |= bound.binds
        free |= bound.reads
    own = textwrap.dedent(_source(lines, text, function))
    return _slice(
        text, module, free - taken, read_module, frozenset(), extra="".join([*prelude, own])
    )


def _defaults(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
) -> Iterator[tuple[str, ast.expr | None]]:
    listed = [*node.args.posonlyargs, *node.args.args]
    padding: list[ast.expr | None] = [None] * (len(listed) - len(node.args.defaults))
    yield from zip((each.arg for each in listed), [*padding, *node.args.defaults], strict=True)
    yield from zip((each.arg for each in node.args.kwonlyargs), node.args.kw_defaults, strict=True)


def _expression(
    module: ast.Module, candidate: Candidate, arguments: tuple[str, ...] | None
) -> tuple[str, tuple[str, ...], str]:
    """How to build the loss, what had to be assumed for that, and why it cannot be built."""
    listed: Mapping[tuple[str, ...], Definition] = dict(definitions(module.body))
    path = candidate.path
    match candidate.form:
        case Form.FUNCTION | Form.NESTED:
            return path[-1], (), ""
        case Form.CLOSURE if len(path) == 2:
            factory = listed[path[:-1]]
            if isinstance(factory, ast.ClassDef):
                return "", (), "its factory is a class"
            return _call_of(path[0], _required(factory), candidate, arguments)
        case Form.SUBCLASS | Form.WRAPPER if len(path) == 1:
            return _call_of(path[0], _constructor(listed, listed[path]), candidate, arguments)
        case Form.METHOD if len(path) == 2:
            owner = listed[path[:-1]]
            built, assumed, failure = _call_of(
                path[0], _constructor(listed, owner), candidate, arguments
            )
            return f"{built}.{path[1]}", assumed, failure
    return "", (), "it is nested too deeply to be taken out of its file"


def _constructor(listed: Mapping[tuple[str, ...], Definition], node: Definition) -> list[str]:
    """The constructor's parameters that have no default."""
    if not isinstance(node, ast.ClassDef):
        return []
    for each in node.body:
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            return _required(each)[1:]
    for base in node.bases:
        name = dotted(base)
        if name is not None and (name,) in listed and listed[(name,)] is not node:
            return _constructor(listed, listed[(name,)])
    return []


def _required(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    return [name for name, default in _defaults(node) if default is None]


def _call_of(
    name: str, required: list[str], candidate: Candidate, arguments: tuple[str, ...] | None
) -> tuple[str, tuple[str, ...], str]:
    given = candidate.arguments if arguments is None else arguments
    if given:
        return f"{name}({', '.join(given)})", (), ""
    assumed = [f"{each}={_assumed(each)}" for each in required]
    built = f"{name}({', '.join(assumed)})"
    return built, ((built,) if assumed else ()), ""


def _assumed(name: str) -> str:
    words = name.lower().split("_")
    for known, value in _ASSUMED:
        if any(word in known for word in words):
            return value
    return "0.5"


def _steepened(
    module: ast.Module, candidate: Candidate, expression: str, steepness: Mapping[str, str]
) -> str:
    """The same loss with a hole for the steepness, where it has such a parameter."""
    listed: Mapping[tuple[str, ...], Definition] = dict(definitions(module.body))
    holder: Definition | None = listed[candidate.path]
    if candidate.form is Form.CLOSURE:
        holder = listed.get(candidate.path[:-1])
    if isinstance(holder, ast.ClassDef):
        holder = next(
            (e for e in holder.body if isinstance(e, ast.FunctionDef) and e.name == "__init__"),
            None,
        )
    if holder is None or isinstance(holder, ast.ClassDef):
        return ""
    taken = parameters(holder)
    wish = next((name for name in steepness if name in taken), None)
    if wish is None:
        return ""
    given = f"{wish}={steepness[wish]}"
    if candidate.form in (Form.CLOSURE, Form.SUBCLASS):
        return _with_argument(expression, [n for n in taken if n != "self"].index(wish), given)
    if candidate.form is Form.METHOD:
        return f"lambda y_true, y_pred: {expression}(y_true, y_pred, {given})"
    return f"lambda y_true, y_pred: {expression}(y_true, y_pred, {given})"


def _with_argument(expression: str, position: int, given: str) -> str:
    """A call in which the parameter at ``position`` is ``given``, as ``name=value``."""
    call = ast.parse(expression, mode="eval").body
    assert isinstance(call, ast.Call)
    name, _, value = given.partition("=")
    arguments = [ast.unparse(each) for each in call.args]
    keywords = [ast.unparse(each) for each in call.keywords if each.arg != name]
    if position < len(arguments):
        arguments[position] = value
    else:
        keywords.append(given)
    return f"{ast.unparse(call.func)}({', '.join([*arguments, *keywords])})"
