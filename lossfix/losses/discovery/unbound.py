"""Names that a file reads and that surely nothing binds: what reads one raises ``NameError``."""

from __future__ import annotations

import ast

from lossfix.losses.operations.removed import removed
from lossfix.syntax.nodes import every
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import unbound_reads

_OF_KERAS = ("keras.", "tensorflow.keras.")
_BACKEND = "keras.backend"
_NEVER_BROUGHT = frozenset({"K", "np", "tf"})
"""By no module of Keras 3 through ``import *``."""
_BINDS_UNSEEN = frozenset({"exec", "globals", "execfile", "get_ipython", "vars"})


@remembered(4)
def unbound_names(module: ast.Module) -> tuple[ast.Name, ...]:
    """Where a file reads them; none of a file that takes in names unseen."""
    if _binds_unseen(module):
        return ()
    taken = taken_whole(module)
    missing = [each for each in unbound_reads(module) if _is_missing(each.id, taken)]
    if not missing:
        return ()
    made_global = {name for each in every(module, ast.Global) for name in each.names}
    return tuple(each for each in missing if each.id not in made_global)


def taken_whole(module: ast.Module) -> frozenset[str]:
    """The modules of which a file takes all names, dots of relative ones in front."""
    return frozenset(
        "." * each.level + (each.module or "")
        for each in every(module, ast.ImportFrom)
        if any(name.name == "*" for name in each.names)
    )


def _is_missing(name: str, taken: frozenset[str]) -> bool:
    """Whether a name that the file does not bind itself surely comes from no ``import *`` either."""
    if name.startswith("__"):
        return False
    return all(
        each.startswith(_OF_KERAS)
        and (name in _NEVER_BROUGHT or (each == _BACKEND and removed(f"{each}.{name}") is not None))
        for each in taken
    )


def _binds_unseen(module: ast.Module) -> bool:
    # A bare `pass` between definitions is what a line of a notebook that is no Python reads as.
    if any(isinstance(each, ast.Pass) for each in module.body):
        return True
    return any(
        isinstance(each.func, ast.Name) and each.func.id in _BINDS_UNSEEN
        for each in every(module, ast.Call)
    )
