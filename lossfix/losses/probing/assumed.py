"""What a factory or a constructor is given to be measured with, where no call says what.

How its code reads a parameter tells what kind of thing that is: called with targets and predictions, it is
a loss itself; compared with strings, it is one of them; indexed or unpacked, it has as many entries as that
takes; reduced along an axis by itself, it is a tensor of a model, such as the mean of a latent variable;
asked for attributes that no tensor has, it is a configuration; else its name decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lossfix.losses.discovery.handed import depending
from lossfix.losses.operations.gradients import REDUCTIONS
from lossfix.losses.operations.names import canonical
from lossfix.syntax.scope import Definition, Scope, dotted, last_part, parameters, scope_of_module

_OF_KERAS = {"name": "'measured'", "reduction": "'sum_over_batch_size'", "dtype": "'float32'"}
"""What the constructor of `Loss` takes by these names."""
_BY_NAME = (
    (("weight", "weights"), "0.5"),
    (("class", "classes", "num", "n", "k", "channels", "size", "dim"), "3"),
    (("axis",), "-1"),
    (("gamma",), "2.0"),
    (("delta", "margin"), "1.0"),
    (("smooth", "eps", "epsilon"), "1e-06"),
    (("logits",), "False"),
)
_ARRAYS = frozenset({"array", "asarray", "constant", "convert_to_tensor", "variable"})
_WRAPPERS = _ARRAYS | {"list", "tuple"}
_IN_TURN = frozenset({"zip", "enumerate", "len", "list", "tuple", "sum"})
_CALLED = {1: "identity", 2: "keras.losses.MSE"}
_OF_TENSORS = frozenset({"shape", "dtype", "ndim", "T", "device", "name", "size", "values"})
_PRODUCTS = frozenset({"dot", "matmul", "tensordot"})
_SQUARE = (
    "[[0.7, 0.1, 0.15, 0.05], [0.2, 0.6, 0.05, 0.15], [0.1, 0.05, 0.8, 0.05], [0.0, 0.2, 0.1, 0.7]]"
)
"""What predictions are multiplied by as matrices: how classes are taken for one another, mostly."""
_TABLES = frozenset({"gather", "take", "embedding_lookup"})
_CLASSES = 4
"""Of as many are the families of classes."""
_MOST = 64
"""A larger index reads something else than weights."""


@dataclass
class _Reads:
    """How a parameter is read."""

    called_with: int = 0
    """The most arguments that it is called with."""
    entries: int = 0
    keys: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    columns: int = 0
    in_turn: bool = False
    multiplied: bool = False
    """Whether it is a factor of a product of matrices."""
    made_an_array: bool = False
    """Whether the code makes an array or a tensor of it, so that it may be a list."""
    computed: bool = False
    reduced: bool = False
    options: list[str] = field(default_factory=list)
    """Strings that it is compared with or looked up among."""


def assumed(module: ast.Module, holder: ast.FunctionDef, name: str) -> str:
    """The source of a value for the parameter ``name`` of a factory or a constructor."""
    scope = scope_of_module(module)
    owner = next(
        (
            node
            for node in ast.walk(module)
            if isinstance(node, ast.ClassDef) and holder in node.body
        ),
        None,
    )
    if name in _OF_KERAS:
        return _OF_KERAS[name]
    reads = _reads(module, holder, owner or holder, name)
    if reads.called_with in _CALLED:
        return f"{_tensorflow(scope, owner or holder)}.{_CALLED[reads.called_with]}"
    if reads.called_with:
        loss = f"{_tensorflow(scope, owner or holder)}.{_CALLED[2]}"
        return f"lambda first, second, *rest, **named: {loss}(first, second)"
    if reads.options:
        return repr(reads.options[0])
    constant = f"{_tensorflow(scope, owner or holder)}.constant"
    if reads.keys and not reads.entries and not reads.attributes:
        return "{" + ", ".join(f"{key!r}: {_by_name(key)}" for key in sorted(reads.keys)) + "}"
    if reads.attributes and not reads.keys:
        values = ", ".join(f"{each}={_by_name(each)}" for each in sorted(reads.attributes))
        return f'__import__("types").SimpleNamespace({values})'
    if reads.multiplied:
        return _SQUARE if reads.made_an_array else f"{constant}({_SQUARE})"
    if reads.reduced or reads.columns:
        row = ", ".join(str(0.5 - 0.375 * n) for n in range(max(3, reads.columns)))
        return f"{constant}([[{row}]])"
    if reads.entries or reads.in_turn:
        listed = f"[{', '.join(str(0.5 + 0.25 * n) for n in range(reads.entries or 2))}]"
        return f"{constant}({listed})" if reads.computed else listed
    return _by_name(name)


def _by_name(name: str) -> str:
    words = name.lower().split("_")
    for known, value in _BY_NAME:
        if any(word in known for word in words):
            return value
    return "0.5"


def tensors_of(module: ast.Module, holder: ast.FunctionDef) -> tuple[str, ...]:
    """The parameters that are tensors of a model, reduced along an axis before they meet anything else."""
    return tuple(n for n in parameters(holder) if _reads(module, holder, holder, n).reduced)


def _tensorflow(scope: Scope, around: Definition) -> str:
    """How TensorFlow is called; by its name in the code, what it makes is as precise as the rest."""
    used = {node.id for node in ast.walk(around) if isinstance(node, ast.Name)}
    named = [name for name in sorted(used) if scope.imports.get(name) == "tensorflow"]
    return named[0] if named else '__import__("tensorflow")'


def _reads(module: ast.Module, holder: ast.FunctionDef, around: Definition, name: str) -> _Reads:
    """How a parameter is read in its function or its class, and in those of the file that it is handed to."""
    found = _Reads()
    functions = {each.name: each for each in module.body if isinstance(each, ast.FunctionDef)}
    waiting = [(around, name, _computed_inside(around, holder))]
    for where, read, tensors in waiting:
        for function, parameter in _read_in(found, module, where, read, tensors, functions):
            # What a factory is handed meets targets in the loss that it makes, and nothing of its own.
            others = _computed_inside(function, function) or depending(
                function, *(set(parameters(function)) - {parameter})
            )
            if all((function, parameter) != each[:2] for each in waiting):
                waiting.append((function, parameter, others))
    return found


def _computed_inside(around: Definition, holder: ast.FunctionDef) -> frozenset[str]:
    """What the functions inside of a definition compute of their own parameters, such as targets."""
    return frozenset(
        each
        for node in ast.walk(around)
        if isinstance(node, ast.FunctionDef) and node is not holder
        for each in depending(node, *(set(parameters(node)) - {"self"}))
    )


def _read_in(
    found: _Reads,
    module: ast.Module,
    around: Definition,
    name: str,
    inner: frozenset[str],
    functions: Mapping[str, ast.FunctionDef],
) -> list[tuple[ast.FunctionDef, str]]:
    """Take in how a name is read; the functions that it is handed to, each with what it is called there."""
    scope = scope_of_module(module)
    parents = {child: node for node in ast.walk(around) for child in ast.iter_child_nodes(node)}
    names = {name}
    handed: dict[tuple[ast.FunctionDef, str], None] = {}
    while True:
        before = len(names)
        for node in ast.walk(around):
            read = dotted(node) if isinstance(node, ast.Name | ast.Attribute) else None
            if read in names and isinstance(getattr(node, "ctx", None), ast.Load):
                to = _handed_to(functions, parents, node)
                if to is not None:
                    handed[to] = None
                else:
                    names.update(_read(found, scope, parents, node, inner))
        if len(names) == before:
            return list(handed)


def _handed_to(
    functions: Mapping[str, ast.FunctionDef], parents: Mapping[ast.AST, ast.AST], node: ast.AST
) -> tuple[ast.FunctionDef, str] | None:
    """The function of the file that a value is an argument of, and the parameter that it is there."""
    above = parents.get(node)
    name = above.arg if isinstance(above, ast.keyword) else None
    call = parents.get(above) if isinstance(above, ast.keyword) else above
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        return None
    function = functions.get(call.func.id)
    if function is None or any(isinstance(each, ast.Starred) for each in call.args):
        return None
    taken = parameters(function)
    if name is None and node in call.args and call.args.index(node) < len(taken):
        name = taken[call.args.index(node)]
    return (function, name) if name in taken else None


def _read(
    found: _Reads,
    scope: Scope,
    parents: Mapping[ast.AST, ast.AST],
    node: ast.AST,
    inner: frozenset[str],
) -> Iterator[str]:
    """Take in one read of the parameter, and give the other names that it gets there."""
    above = parents.get(node)
    while isinstance(above, ast.Call) and node is not above.func:
        if last_part(above.func) not in _WRAPPERS:
            break
        found.made_an_array |= last_part(above.func) in _ARRAYS
        node, above = above, parents.get(above)
    match above:
        case ast.Subscript(value=value, slice=index) if value is node:
            _indexed(found, index)
        case ast.Subscript(value=ast.Dict(keys=keys)):
            found.options += _strings(keys)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotIn()], comparators=[other]) if (
            left is node
        ):
            # What is `in` a list is a special case, what is not in one is refused.
            found.options += _strings(getattr(other, "elts", [other]))
        case ast.Attribute(attr="get") if isinstance(call := parents.get(above), ast.Call):
            if call.func is above and call.args:
                _indexed(found, call.args[0])
        case ast.Attribute(attr=attribute) if attribute not in _OF_TENSORS:
            called = parents.get(above)
            if not (isinstance(called, ast.Call) and called.func is above):
                found.attributes.add(attribute)
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value) if value is node:
            found.entries = max(found.entries, len(targets))
        case ast.Assign(targets=targets):
            yield from filter(None, map(dotted, targets))
        case ast.For(iter=iterated) | ast.comprehension(iter=iterated) if iterated is node:
            found.in_turn = True
        case ast.Call(func=ast.Name(id=called)) if called in _IN_TURN:
            found.in_turn = True
        case ast.Call(func=function, args=args, keywords=keywords) if function is node:
            given = len(args) + sum(each.arg is not None for each in keywords)
            found.called_with = max(found.called_with, given)
        case ast.BinOp(op=ast.MatMult()):
            found.multiplied = True
        case ast.Call(func=function) if last_part(function) in _PRODUCTS:
            found.multiplied = True
        case ast.Call(func=function, args=[first, *_]) if (
            first is node and last_part(function) in _TABLES
        ):
            found.entries = max(found.entries, _CLASSES)
        case ast.BinOp() | ast.UnaryOp() | ast.Call():
            found.computed = True
            found.reduced |= _is_reduced_alone(scope, parents, node, inner)


def _indexed(found: _Reads, index: ast.expr) -> None:
    match index:
        case ast.Constant(value=int(number)) if number < _MOST:
            found.entries = max(found.entries, number + 1)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))) if number < _MOST:
            found.entries = max(found.entries, number)
        case ast.Constant(value=str(key)):
            found.keys.add(key)
        case ast.Slice(lower=ast.Constant(value=int(number))) if 0 <= number < _MOST:
            found.entries = max(found.entries, number + 1)
        case ast.Name() | ast.BinOp():
            found.in_turn = True
        case ast.Tuple(elts=[_, *_, ast.Constant(value=int(number))]) if number < _MOST:
            found.columns = max(found.columns, number + 1)


def _strings(nodes: Iterable[ast.expr | None]) -> list[str]:
    return [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def _is_reduced_alone(
    scope: Scope, parents: Mapping[ast.AST, ast.AST], node: ast.AST, inner: frozenset[str]
) -> bool:
    """Whether a value is reduced along an axis before it meets targets or predictions."""
    here = node
    while isinstance(here, ast.BinOp | ast.UnaryOp | ast.Call | ast.Name | ast.Attribute):
        if any(isinstance(part, ast.Name) and part.id in inner for part in ast.walk(here)):
            return False
        if isinstance(here, ast.Call):
            resolved = scope.resolve(dotted(here.func) or "")
            reduces = resolved is not None and canonical(resolved) in REDUCTIONS
            if reduces and (len(here.args) > 1 or any(k.arg == "axis" for k in here.keywords)):
                return True
        above = parents.get(here)
        if above is None:
            return False
        here = above
    return False
