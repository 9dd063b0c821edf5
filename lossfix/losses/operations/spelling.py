"""How a file would write what is added to it: the modules that it imports, and names that are free."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from dataclasses import replace

from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import Definition, Scope, statements

_TENSORFLOW = "tensorflow"
_ALSO_IN_THE_BACKEND = frozenset({"abs", "exp", "maximum", "minimum", "sigmoid", "square", "tanh"})
"""What ``tf.keras.backend`` computes under the same name, from the same arguments."""

ALSO_IN_KERAS = dict(pair.split("=") for pair in """
    abs=abs exp=exp math.log=log sqrt=sqrt square=square tanh=tanh sigmoid=sigmoid maximum=maximum
    minimum=minimum where=where cast=cast clip_by_value=clip stop_gradient=stop_gradient
    zeros_like=zeros_like ones_like=ones_like expand_dims=expand_dims squeeze=squeeze reshape=reshape
    stack=stack concat=concatenate nn.relu=relu nn.softmax=softmax nn.log_softmax=log_softmax
    nn.softplus=softplus math.log_sigmoid=log_sigmoid reduce_mean=mean reduce_sum=sum reduce_max=max
    reduce_min=min reduce_logsumexp=logsumexp math.reduce_variance=var
    math.divide_no_nan=divide_no_nan math.log1p=log1p math.expm1=expm1 sign=sign round=round floor=floor
    math.floor=floor sin=sin cos=cos cosh=cosh math.erf=erf pow=power matmul=matmul one_hot=one_hot
    logical_and=logical_and logical_or=logical_or logical_not=logical_not math.is_finite=isfinite
    math.is_nan=isnan math.reduce_std=std reduce_prod=prod reduce_any=any reduce_all=all tile=tile
    convert_to_tensor=convert_to_tensor shape=shape
    """.split())
"""What ``keras.ops`` computes from the same arguments, in the same order and by the same keywords."""

_DTYPES = frozenset({"float16", "float32", "float64", "int32", "int64", "bool"})


def imported_by(scopes: Iterable[Scope]) -> frozenset[str]:
    """All that a file imports anywhere: a function's own imports, too, say which Keras its author uses."""
    return frozenset(origin for each in scopes for origin in each.imports.values())


def bound_above(module: Scope, outline: ast.Module, line: int) -> Scope:
    """The scope of a module without what it imports only below a line."""
    late = {name for name, first in _first_imports(outline) if first > line > 0}
    if not late:
        return module
    kept = {name: origin for name, origin in module.imports.items() if name not in late}
    return replace(module, imports=kept)


@remembered(4)
def _first_imports(outline: ast.Module) -> tuple[tuple[str, int], ...]:
    """The names that a file imports below its first definition, and the line where each is first."""
    defined = next((each.lineno for each in outline.body if isinstance(each, Definition)), 0)
    first: dict[str, int] = {}
    for node in statements(outline.body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for each in node.names:
                first.setdefault(each.asname or each.name.partition(".")[0], node.lineno)
    return tuple((name, line) for name, line in first.items() if line > defined > 0)


def spelled(operation: str, module: Scope, imported: Collection[str], ops: str = "") -> str:
    """A canonical name (``tf.where``, ``keras.losses.Loss``) as a file with these imports would write it.

    Args:
        operation: the canonical name.
        module: the names that the file has where it is written.
        imported: all that the file imports anywhere.
        ops: what a function calls ``keras.ops`` that computes by nothing else.
    """
    head, _, rest = operation.partition(".")
    if head == "tf":
        if not ops and not _bound_to(module, _TENSORFLOW):
            ops = _bound_to(module, "keras.ops") or ""
        if rest in ALSO_IN_KERAS and ops:
            return f"{ops}.{ALSO_IN_KERAS[rest]}"
        if rest in _DTYPES and ops:
            return f'"{rest}"'
        backend = _bound_to(module, "tensorflow.keras.backend")
        if rest in _ALSO_IN_THE_BACKEND and backend and not _bound_to(module, _TENSORFLOW):
            return f"{backend}.{rest}"
        return f"{tensorflow(module)}.{rest}"
    if head == "keras":
        own = _bound_to(module, "keras") or _bound_to(module, "tensorflow.keras")
        if own is None:
            # A file that has `tensorflow.keras` alone needs no second import beside that of `tf`.
            apart = any(each.split(".")[0] == "keras" for each in imported)
            bundled = _bound_to(module, _TENSORFLOW) or keras_origin(imported) != "keras"
            own = f"{tensorflow(module)}.keras" if bundled and not apart else "keras"
        return f"{own}.{rest}"
    if head == "np":
        return f"{_bound_to(module, 'numpy') or 'np'}.{rest}"
    return operation


def tensorflow(module: Scope) -> str:
    """What a file calls TensorFlow, or would."""
    return _bound_to(module, _TENSORFLOW) or "tf"


def keras_origin(imported: Collection[str]) -> str:
    """The module that ``keras`` is imported from in a file that has yet to import it."""
    bundled = any(each.startswith("tensorflow.keras") for each in imported)
    return "tensorflow.keras" if bundled else "keras"


def _bound_to(scope: Scope, module: str) -> str | None:
    # `import tensorflow.keras.losses` binds `tensorflow`, too: where there is a `tf`, that is written.
    for name in sorted(scope.imports, key=lambda each: (len(each), each)):
        if scope.imports[name] == module:
            return name
    for name in sorted(scope.aliases):
        if scope.resolve(name) == module:
            return name
    return None


def first_free(wishes: tuple[str, ...], taken: frozenset[str]) -> str:
    """The first of ``wishes`` that is not taken, else the first with a number."""
    for wish in wishes:
        if wish not in taken:
            return wish
    number = 2
    while f"{wishes[0]}_{number}" in taken:
        number += 1
    return f"{wishes[0]}_{number}"


@remembered(8)
def names_in(module: ast.Module) -> frozenset[str]:
    """Every identifier that occurs in a file, whatever it stands for."""
    names: set[str] = set()
    for node in ast.walk(module):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name):
                names.add(name)
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                names.add(name)
            case ast.alias(name=name, asname=asname):
                names.add(asname or name.split(".")[0])
    return frozenset(names)
