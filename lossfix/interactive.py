"""Asks loss by loss whether what was measured is to be written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lossfix import layout, source
from lossfix.difference import difference
from lossfix.model import FileChange, Outcome
from lossfix.repairs import Proposal
from lossfix.report.inputs import in_words
from lossfix.report.paint import Line, paint
from lossfix.report.spark import fitting, sparklines
from lossfix.report.style import named, printable
from lossfix.report.summary import measured
from lossfix.syntax.quiet import NOT_PYTHON, parsed

QUESTION = "Write this [y,n,a,d,s,v,e,q,?]? "
KEYS = """\
y - write it
n - leave this loss as it is
a - write it, and all that follow in this file
d - leave this loss and all that follow in this file
s - show it step by step, one rule after the other
v - show all that was measured
e - edit the file with it in it; what you change is not verified
q - leave this loss and all that follow, in all files
? - show these keys
"""

Edit = Callable[[str, str], "str | None"]
"""Text and the ending of a file name to what the editor left; ``None`` where nothing was saved."""


@dataclass
class Review:
    """A dialogue over the repairs of a run, and what was answered for more than one of them."""

    ask: Callable[[str], str]
    """A question to its answer; raises ``EOFError`` where there is nobody."""
    show: Callable[[str], None]
    edit: Edit
    color: bool = False
    columns: Callable[[], int] = int
    """How wide the terminal is by now; 0: no terminal."""
    taken: set[str] = field(default_factory=set)
    """Files of which all is to be written."""
    left: set[str] = field(default_factory=set)
    over: bool = False

    def __call__(self, proposal: Proposal) -> str | None:
        """The text to go on with, or ``None`` where the loss is to stay as it is."""
        path = proposal.document.source.path
        if self.over or path in self.left:
            return None
        if path in self.taken:
            return proposal.after
        self._say(_introduction(proposal, self.columns()))
        while True:
            match self._answer():
                case "y" | "yes":
                    return proposal.after
                case "n" | "no":
                    return None
                case "a":
                    self.taken.add(path)
                    return proposal.after
                case "d":
                    self.left.add(path)
                    return None
                case "s":
                    self._say(_steps(proposal))
                case "v":
                    self._say(_all_measured(proposal.outcome, self.columns()))
                case "e":
                    edited = self._edited(proposal)
                    if edited is not None:
                        return edited
                case "q" | "quit":
                    self.over = True
                    return None
                case "?" | "":
                    self.show(KEYS)
                case other:
                    # Of a word its first letter would do: "abort" is no "a".
                    self.show(f"{printable(other)} is none of these:\n{KEYS}")

    def _answer(self) -> str:
        try:
            return self.ask(QUESTION).strip().lower()
        except EOFError:
            return "q"

    def _say(self, lines: list[Line]) -> None:
        self.show(paint(lines, self.color))

    def _edited(self, proposal: Proposal) -> str | None:
        text = self.edit(_laid_out(proposal), ".py")
        if text is None:
            return None
        try:
            parsed(text)
            source.encode(proposal.document, text)
        except (*NOT_PYTHON, source.SourceError) as error:
            self.show(f"This cannot be written: {error}\n")
            return None
        return text


def _laid_out(proposal: Proposal, before: str | None = None, after: str | None = None) -> str:
    style = layout.style_for(proposal.document.path)
    return layout.layout(before or proposal.before, after or proposal.after, style)


def _introduction(proposal: Proposal, columns: int) -> list[Line]:
    outcome = proposal.outcome
    return [
        [],
        [(_title(outcome), "bold")],
        *_wrong(outcome),
        *difference(proposal.document, proposal.before, _laid_out(proposal)),
        *_elsewhere(proposal),
        *_measured(outcome, columns),
    ]


def _elsewhere(proposal: Proposal) -> Iterator[Line]:
    """What changes in other files, which is written along with it or not at all."""
    for document, change in proposal.elsewhere:
        style = layout.style_for(document.path)
        after = layout.layout(change.before, change.after, style)
        yield [(printable(f"and in {document.source.path}"), "bold")]
        yield from difference(document, change.before, after)


def _title(outcome: Outcome) -> str:
    return printable(f"{outcome.path}  {named(outcome)}")


def _wrong(outcome: Outcome) -> list[Line]:
    """What was wrong with a loss, each fault once."""
    faults = dict.fromkeys((step.finding.code, step.finding.message) for step in outcome.steps)
    return [[(f"  {code} ", "cyan"), (printable(message), "")] for code, message in faults]


def _measured(outcome: Outcome, columns: int) -> list[Line]:
    gradient, rest = measured(outcome)
    lines: list[Line] = [[("  ".join(filter(None, (gradient, rest))), "bold")]]
    if outcome.verdict is not None and outcome.verdict.curve is not None:
        curve = sparklines(outcome.verdict.curve, fitting(columns))
        lines += [[(f"  {line}", "")] for line in curve.splitlines()]
    return lines


def _steps(proposal: Proposal) -> list[Line]:
    lines: list[Line] = []
    documents = {each.source.path: each for each, _ in proposal.elsewhere}
    documents[proposal.document.source.path] = proposal.document
    for number, step in enumerate(proposal.outcome.steps, start=1):
        finding = step.finding
        lines.append([(f"{number}. {finding.code} ", "cyan"), (printable(finding.message), "bold")])
        own = FileChange(finding.path, step.before, step.after)
        for change in (own, *step.elsewhere):
            if len(documents) > 1:
                lines.append([(printable(change.path), "bold")])
            lines += difference(documents[change.path], change.before, change.after)
    return lines


def _all_measured(outcome: Outcome, columns: int) -> list[Line]:
    verdict = outcome.verdict
    if verdict is None:
        return [[("nothing: --no-verify", "")]]
    said = [
        verdict.summary,
        *verdict.reasons,
        *verdict.notes,
        *(f"assumed {text}" for text in verdict.assumptions),
        *([f"measured on {in_words(verdict.family)}"] if verdict.family else []),
        *([f"steepness: {verdict.steepness:g}"] if verdict.steepness is not None else []),
        f"it took {verdict.seconds:.1f} s",
    ]
    return [*([(f"  {printable(text)}", "")] for text in said), *_measured(outcome, columns)[1:]]
