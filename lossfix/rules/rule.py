"""What a rule is: a page, a ``match``, a ``rewrite``, and one value.

The module docstring of a rule is its page. Its sections are ``What it does``, ``Why is this bad``,
``Example``, ``Use instead``, ``Fix safety`` and ``References``; the first line is a title. The
module's name, with hyphens, is the rule's name: it reads after "allow ...".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.wiring import Misuse, Wiring
from lossfix.model import Safety, Severity
from lossfix.syntax.build import Replacement


@dataclass(frozen=True, eq=False)
class Match:
    """One place where a rule applies."""

    node: cst.CSTNode
    message: str
    reason: str = ""
    """Why this one is reported and not rewritten; empty where it can be."""
    severity: Severity | None = None
    """Where it differs from the rule's."""
    of: tuple[str, ...] = ()
    """In a part of several losses: those of which it is true, by their names; empty where of all."""
    shows_at: tuple[cst.CSTNode, ...] = ()
    """All places of one fault that has to be mended in several, the first first; empty: only ``node``."""

    @property
    def place(self) -> cst.CSTNode:
        """Where people read of it."""
        return self.shows_at[0] if self.shows_at else self.node


@dataclass(frozen=True, eq=False)
class Edit:
    """A rewrite of one match, in terms of the nodes of the tree that was matched."""

    replace: Mapping[cst.CSTNode, Replacement]
    becomes: str = ""
    """The new qualified name of the loss, where the rewrite changes it."""
    call_sites: tuple[cst.CSTNode, ...] = ()
    """The replaced nodes that lie outside of the loss."""
    before: tuple[cst.BaseStatement, ...] = ()
    """Statements that this rewrite needs in the file, once, above the loss."""
    imports: tuple[str, ...] = ()
    """Import statements that it needs, of one name each."""


def no_misuse(wiring: Wiring) -> Iterable[Misuse]:
    """For rules on losses alone."""
    return ()


@dataclass(frozen=True)
class Rule:
    """A fault, how it is recognised, and how it is mended."""

    code: str
    safety: Safety
    severity: Severity
    match: Callable[[Loss], Iterable[Match]] = field(repr=False)
    rewrite: Callable[[Loss, Match], Edit | None] = field(repr=False)
    page: str = field(repr=False)
    module: str = field(repr=False)
    wiring: Callable[[Wiring], Iterable[Misuse]] = field(default=no_misuse, repr=False)
    """Where a file wires its losses wrongly, whichever they are; that is reported, and not rewritten."""
    of_expressions: bool = False
    """It is about losses that are expressions, and makes functions of them, which the others then see."""

    @property
    def name(self) -> str:
        """The rule's name, from the name of its file: ``hard-gate``."""
        return self.module.rpartition(".")[2].replace("_", "-")

    @property
    def title(self) -> str:
        """The first line of the page."""
        return self.page.strip().splitlines()[0]

    def section(self, heading: str) -> str:
        """The text below a heading of the page; empty where there is none."""
        lines = self.page.splitlines()
        marks = [number for number, line in enumerate(lines) if line.startswith("## ")]
        for number, start in enumerate(marks):
            if lines[start][3:].strip().lower() == heading.lower():
                end = marks[number + 1] if number + 1 < len(marks) else len(lines)
                return "\n".join(lines[start + 1 : end]).strip()
        return ""


def no_match(loss: Loss) -> Iterable[Match]:
    """For rules that are about the wiring of losses alone."""
    return ()


def no_rewrite(loss: Loss, match: Match) -> Edit | None:
    """For rules that only report."""
    return None
