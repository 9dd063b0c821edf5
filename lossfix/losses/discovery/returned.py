"""What functions give back that no loss does: several values at once, other functions, numbers by name."""

from __future__ import annotations

import ast

from lossfix.syntax.scope import Definition, statements


def returns_a_pair(node: ast.FunctionDef) -> bool:
    """Whether a function gives back several values at once, as no loss does."""
    # `return gradient, hessian` is an objective of a boosting library; several returns of one
    # value each are a loss.
    returns = [each.value for each in statements(node.body) if isinstance(each, ast.Return)]
    return bool(returns) and all(isinstance(value, ast.Tuple) for value in returns)


def returns_functions(node: ast.FunctionDef) -> bool:
    """Whether all that a function returns are other functions, or collections of them: it makes losses."""
    inner = {each.name for each in statements(node.body) if isinstance(each, Definition)}

    def makes(value: ast.expr | None) -> bool:
        match value:
            case ast.Name(id=name):
                return name in inner
            case ast.List(elts=values):
                return bool(values) and all(makes(each) for each in values)
        return isinstance(value, ast.Lambda | ast.Dict)

    returns = [each.value for each in statements(node.body) if isinstance(each, ast.Return)]
    return bool(returns) and all(makes(value) for value in returns)


def returns_a_dictionary(node: ast.FunctionDef) -> bool:
    """Whether a function gives back numbers by their names, as a training loop of one's own reports them."""
    inside = [*statements(node.body)]
    set_to: dict[str, list[ast.expr]] = {}
    for each in inside:
        match each:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                set_to.setdefault(name, []).append(value)

    def is_dictionary(value: ast.expr | None) -> bool:
        match value:
            case ast.Name(id=name) if name in set_to:
                return all(isinstance(each, ast.Dict | ast.DictComp) for each in set_to[name])
            case ast.Call(func=ast.Name(id="dict")):
                return True
        return isinstance(value, ast.Dict | ast.DictComp)

    returns = [each.value for each in inside if isinstance(each, ast.Return)]
    return bool(returns) and all(is_dictionary(value) for value in returns)
