"""What each callable of a project is taken for, and why: said under ``-v``."""

from __future__ import annotations

from collections.abc import Iterator

from lossfix.checking import Options, candidates_in
from lossfix.losses.discovery.candidate import Candidate
from lossfix.model import Evidence

_EVIDENCE = {
    Evidence.COMPILED: "compiled",
    Evidence.SUBCLASS: "a subclass of a loss of Keras",
    Evidence.GRADIENT: "gradients are taken of it",
    Evidence.NAMED: "named so",
}


def roles(path: str, text: str, options: Options) -> Iterator[str]:
    """A line for each loss of a file, and for each part of one: ``losses.py:4: dice: loss (compiled)``.

    Raises:
        Unparsable: where the text is not Python.
    """
    for candidate in candidates_in(text, options):
        why = ", ".join(_EVIDENCE[each] for each in candidate.evidence if each in _EVIDENCE)
        role = f"{_role(candidate)} ({why})" if why else _role(candidate)
        yield f"{path}:{candidate.line}: {candidate.name}: {role}"


def _role(candidate: Candidate) -> str:
    if candidate.evidence == (Evidence.REACHED,):
        return "part of a loss and of a metric" if candidate.metric else "part of a loss"
    return "loss and metric" if candidate.metric else "loss"
