"""Right rewrites and wrong ones, by the kind of the fault, against what the verifier says.

``pytest -m slow tests/verify/test_mutants.py -s`` runs and prints all of them.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence

import pytest
from mutants import KINDS, Mutant, mutants
from pairs import PAIRS

from lossfix.model import Ruling, Verdict
from lossfix.verify.client import Verifier

RIGHT = "right rewrite"
BY_HAND = "wrong, by hand"

CASES: tuple[Mutant, ...] = (
    *(Mutant(RIGHT if pair.right else BY_HAND, pair) for pair in PAIRS),
    *mutants(),
)

SAMPLE = CASES[::20]


def measured(cases: Sequence[Mutant]) -> list[tuple[Mutant, Verdict]]:
    probes = [case.pair.probe for case in cases]
    with Verifier(sys.executable, jobs=os.cpu_count() or 1, timeout=120.0) as verifier:
        return [
            (case, verdict)
            for case, (_, verdict) in zip(cases, verifier.measure(probes), strict=True)
        ]


def table(results: Sequence[tuple[Mutant, Verdict]]) -> str:
    """Kind by ruling, with the share of each kind that was judged right."""
    counts: dict[str, Counter[Ruling]] = {}
    good: Counter[str] = Counter()
    for case, verdict in results:
        counts.setdefault(case.kind, Counter())[verdict.ruling] += 1
        good[case.kind] += verdict.writable == case.pair.right
    rulings = [ruling for ruling in Ruling if any(count[ruling] for count in counts.values())]
    rows = [["kind", *(ruling.value for ruling in rulings), "judged right"]]
    for kind in (RIGHT, BY_HAND, *KINDS):
        if kind in counts:
            cells = [str(counts[kind][ruling] or "") for ruling in rulings]
            rows.append([kind, *cells, f"{good[kind]} of {counts[kind].total()}"])
    total = [str(sum(count[ruling] for count in counts.values())) for ruling in rulings]
    rows.append(["all", *total, f"{good.total()} of {len(results)}"])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rule = ["-" * width for width in widths]
    lines = [rows[0], rule, *rows[1:]]
    return "\n".join(
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    )


def misses(results: Sequence[tuple[Mutant, Verdict]]) -> dict[str, str]:
    return {
        case.pair.name: f"{verdict.ruling.value}: {verdict.summary} {verdict.reasons}"
        for case, verdict in results
        if verdict.writable != case.pair.right
    }


def test_the_suite_is_as_large_as_it_must_be():
    assert len(CASES) >= 150
    assert len({case.pair.before for case in CASES}) >= 30
    assert len({case.kind for case in CASES} - {RIGHT, BY_HAND}) >= 12
    names = [case.pair.name for case in CASES]
    assert len(names) == len(set(names))


def test_of_a_sample_no_wrong_rewrite_passes_and_no_right_one_is_refused():
    assert not misses(measured(SAMPLE))


@pytest.mark.slow
def test_of_all_no_wrong_rewrite_passes_and_no_right_one_is_refused():
    results = measured(CASES)
    print(f"\n{table(results)}\n")
    missed = misses(results)
    for name, why in missed.items():
        print(f"{name}\n    {why}")
    assert not missed
