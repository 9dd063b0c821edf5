"""What depends on what inside one function, without regard to order.

A name stands for the union of everything that is ever assigned to it in the function, so an answer
"does not depend" can be relied on, while "depends" may be too cautious. Rules that rewrite only
where something does not depend are safe with that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from lossfix.syntax.tree import children, dotted, walk


@dataclass(frozen=True)
class Binding:
    """One assignment to a name."""

    name: str
    value: cst.BaseExpression
    whole: bool
    """``False`` where the name gets only a part of the value, or also keeps its old one."""
    node: cst.CSTNode
    """The assignment, loop or definition that binds."""


def _names(target: cst.CSTNode) -> Iterator[tuple[str, bool]]:
    match target:
        case cst.Name(value=name):
            yield name, True
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            for element in elements:
                for name, _ in _names(element.value):
                    yield name, False
        case (
            cst.Subscript(value=value)
            | cst.Attribute(value=value)
            | cst.StarredElement(value=value)
        ):
            for name, _ in _names(value):
                yield name, False


def _same_names(targets: Sequence[cst.BaseElement], args: Sequence[cst.Arg]) -> bool:
    names = [each.value.value if isinstance(each.value, cst.Name) else "" for each in targets]
    given = [each.value.value if isinstance(each.value, cst.Name) else "" for each in args]
    return "" not in names and names == given


_BINDING = (
    *(cst.Assign, cst.AnnAssign, cst.AugAssign, cst.NamedExpr),
    *(cst.For, cst.CompFor, cst.WithItem, cst.Call),
)


def bindings(function: cst.CSTNode) -> tuple[Binding, ...]:
    """All assignments in ``function``, in document order, nested functions included."""
    found: list[Binding] = []

    def bind(
        target: cst.CSTNode, value: cst.BaseExpression, node: cst.CSTNode, whole: bool = True
    ) -> None:
        found.extend(Binding(name, value, whole and all_, node) for name, all_ in _names(target))

    for node in walk(function, *_BINDING):
        match node:
            case cst.Assign(targets=targets, value=value):
                for each in targets:
                    match each.target, value:
                        case (cst.Tuple(elements=lefts), cst.Tuple(elements=rights)) if len(
                            lefts
                        ) == len(rights):
                            for left, right in zip(lefts, rights, strict=True):
                                bind(left.value, right.value, node)
                        case (cst.Tuple(elements=lefts), cst.Call(args=args)) if _same_names(
                            lefts, args
                        ):
                            # `y_true, y_pred = same_rank(y_true, y_pred)`: each stays what it was.
                            for each_ in args:
                                bind(each_.value, each_.value, node)
                        case (target, _):
                            bind(target, value, node)
            case cst.AnnAssign(target=target, value=cst.BaseExpression() as value):
                bind(target, value, node)
            case cst.AugAssign(target=target, value=value):
                bind(target, value, node, whole=False)
            case cst.NamedExpr(target=target, value=value):
                bind(target, value, node)
            case cst.For(target=target, iter=value) | cst.CompFor(target=target, iter=value):
                bind(target, value, node, whole=False)
            case cst.WithItem(item=value, asname=cst.AsName(name=target)):
                bind(target, value, node)
            case cst.Call(
                func=cst.Attribute(
                    value=cst.Name(value=name),
                    attr=cst.Name(value=("append" | "extend" | "insert")),
                ),
                args=[*_, cst.Arg(value=value)],
            ):
                found.append(Binding(name, value, False, node))
    return tuple(found)


class Flow:
    """Which of a function's seeds (its targets and predictions) an expression depends on."""

    def __init__(
        self,
        function: cst.CSTNode,
        seeds: Mapping[str, str],
        opaque: Callable[[cst.CSTNode], bool],
    ) -> None:
        """
        Args:
            function: a ``FunctionDef`` or ``Lambda``.
            seeds: the parameters that matter, and what each is called in the answers.
            opaque: whether an expression's value does not depend on what stands in it (``x.shape``).
        """
        self._opaque = opaque
        self._memo: dict[cst.CSTNode, frozenset[str]] = {}
        self.bindings = bindings(function)
        self._by_name: dict[str, frozenset[str]] = {
            name: frozenset({seed}) for name, seed in seeds.items()
        }
        inner = {
            node.name.value: node
            for node in walk(function, cst.FunctionDef)
            if node is not function
        }
        while True:
            changed = False
            self._memo.clear()
            updates = [(binding.name, self.depends(binding.value)) for binding in self.bindings]
            updates += [(name, self.depends(node.body)) for name, node in inner.items()]
            for name, depends in updates:
                known = self._by_name.get(name, frozenset())
                if not depends <= known:
                    self._by_name[name] = known | depends
                    changed = True
            if not changed:
                return

    def of_name(self, name: str) -> frozenset[str]:
        """The seeds that the name ever depends on."""
        return self._by_name.get(name, frozenset())

    def depends(self, node: cst.CSTNode) -> frozenset[str]:
        """The seeds that ``node`` depends on."""
        known = self._memo.get(node)
        if known is None:
            known = self._memo[node] = self._depends(node)
        return known

    def _depends(self, node: cst.CSTNode) -> frozenset[str]:
        if self._opaque(node):
            return frozenset()
        match node:
            case cst.Name(value=name):
                return self._by_name.get(name, frozenset())
            case cst.Attribute(value=value):
                whole = dotted(node)
                if whole is not None and whole in self._by_name:
                    return self._by_name[whole]
                return self.depends(value)
            case cst.Arg(value=value):
                return self.depends(value)
            case cst.Param() | cst.Annotation():
                return frozenset()
        result: frozenset[str] = frozenset()
        for child in children(node):
            result |= self.depends(child)
        return result

    def values(self, name: str) -> tuple[Binding, ...]:
        """Everything that is assigned to ``name``."""
        return tuple(binding for binding in self.bindings if binding.name == name)
