"""What Keras calls a loss, before and after."""

from __future__ import annotations

import functools
import re

from .compat import REDUCTIONS
from .facts import Check
from .subject import Candidate


def _has_no_name(before: Candidate, after: Candidate) -> bool:
    """Whether the original could not run under any name of its own: its constructor never got to one.

    A partial application has none either.
    """
    if isinstance(before.target, functools.partial):
        return True
    if before.is_loss:
        return not hasattr(before.target, "name")
    return stands_for_its_class(before, after)


def stands_for_its_class(before: Candidate, after: Candidate) -> bool:
    """Whether the original is the ``call`` of the class, which lacks ``self`` and runs as a function only."""
    own = f"{type(after.target).__name__}.call"
    return not before.is_loss and getattr(before.target, "__qualname__", "") == own


def check_name(before: Candidate, after: Candidate) -> Check:
    """Whether a loss keeps its name, after which Keras calls histories and logs."""
    if _has_no_name(before, after):
        return Check("name", "", "")
    # An instance called `_loss` could not be called at the root of a graph, so a class drops the `_`.
    old, new = (each.name.lstrip("_") for each in (before, after))
    if before.is_loss:
        # Keras numbers the instances of a class that gives itself no name.
        old, new = re.sub(r"_\d+$", "", old), re.sub(r"_\d+$", "", new)
    # Keras 2 took the reduction first, and so `"auto"` may stand where Keras 3 reads the name.
    if not old.isidentifier() or old == new or old in REDUCTIONS:
        return Check("name", "", "")
    return Check("name", "", f"`{old}` is now called `{new}`")
