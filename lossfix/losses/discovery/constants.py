"""Which top-level statements only define something, and which would run the user's script."""

from __future__ import annotations

import ast
from collections.abc import Callable

from lossfix.losses.discovery.patched import attribute_set
from lossfix.syntax.nodes import below
from lossfix.syntax.scope import dotted

PURE_ROOTS = frozenset("""
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

_LOOKING_UP = frozenset("""
    copy.copy copy.deepcopy distutils.util.strtobool importlib.util.find_spec logging.getLogger
    os.environ.get os.getenv packaging.version.parse packaging.version.Version re.compile
    """.split())
"""Functions of other modules that change nothing and read no file: of the environment they give what it
says here, or their default."""

_SAYING = frozenset("logging.error logging.info logging.warning warnings.warn".split())
_CHANGING_METHODS = frozenset(
    "append extend fill insert put reverse setdefault sort update".split()
)
_CHANGING_FUNCTIONS = frozenset("copyto fill_diagonal place put putmask".split())
"""Of NumPy: they write into their first argument."""


def changed(node: ast.stmt) -> frozenset[str]:
    """The names whose values a statement changes in place: `M[0, 1] = 2`, `np.fill_diagonal(M, 0)`."""
    match node:
        case ast.Assign(targets=targets):
            return frozenset(name for each in targets if (name := _holder(each)))
        case ast.AugAssign(target=target):
            return frozenset(name for name in (_holder(target),) if name)
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=method) as function, args=args)):
            match function.value, args:
                case ast.Name(id=name), _ if method in _CHANGING_METHODS:
                    return frozenset((name,))
                case _, [ast.Name(id=name), *_] if method in _CHANGING_FUNCTIONS:
                    return frozenset((name,))
    return frozenset()


def _holder(target: ast.expr) -> str:
    """`M` of `M[0][1]`; empty for any other target."""
    if not isinstance(target, ast.Subscript):
        return ""
    while isinstance(target, ast.Subscript):
        target = target.value
    return target.id if isinstance(target, ast.Name) else ""


def problem_of(node: ast.stmt, resolve: Callable[[str], str | None]) -> str:
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
            return next((p for each in (*body, *orelse) if (p := problem_of(each, resolve))), "")
        case ast.Try():
            inner = [*node.body, *node.orelse, *node.finalbody]
            inner += [each for handler in node.handlers for each in handler.body]
            return next((p for each in inner if (p := problem_of(each, resolve))), "")
        case ast.For(iter=iterated, body=body, orelse=orelse):
            if not _is_pure(iterated, resolve):
                return "a loop over what is no constant"
            return next((p for each in (*body, *orelse) if (p := problem_of(each, resolve))), "")
        case ast.Expr(value=value) if changed(node) or attribute_set(node):
            return "" if _is_pure(value, resolve) else "a call or a value that is no constant"
        case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Raise():
            return ""
        case ast.Expr(value=ast.Call(func=function, args=said, keywords=[])):
            # As in `except ImportError: print("no keras")`, where it is asked for what that binds.
            name = dotted(function) or ""
            says = name == "print" or resolve(name) in _SAYING
            if says and all(isinstance(each, ast.Constant) for each in said):
                return ""
    return f"a statement that runs ({type(node).__name__.lower()})"


def _is_pure(node: ast.expr, resolve: Callable[[str], str | None]) -> bool:
    looked_up: set[ast.AST] = set()
    for part in below(node):
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
                if resolved in _LOOKING_UP:
                    looked_up.update(below(function))
                elif resolved.split(".")[0] not in PURE_ROOTS or _sounds_impure(resolved):
                    return False
            case ast.Await() | ast.Yield() | ast.YieldFrom():
                return False
            case ast.Attribute() if part not in looked_up and _is_of_the_run(part, resolve):
                return False
    return True


def _is_of_the_run(node: ast.Attribute, resolve: Callable[[str], str | None]) -> bool:
    """Whether a value is another one each time that a script is started."""
    resolved = resolve(dotted(node) or "") or ""
    return resolved.startswith(("os.environ", "sys.argv"))


def _sounds_impure(name: str) -> bool:
    return any(word in name.lower() for word in _IMPURE_WORDS)
