"""What measuring costs, counted in runs of the code of a loss, which does not depend on the machine."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType

import pytest

pytest.importorskip("tensorflow")

from benchmarks.verifying import probes
from lossfix.verify.probe.facts import Facts
from lossfix.verify.probe.families import BY_NAME
from lossfix.verify.probe.gradient import in_graph, quick_gradient
from lossfix.verify.probe.job import Job, SubjectSource
from lossfix.verify.probe.measure import measure
from lossfix.verify.probe.numeric import objective
from lossfix.verify.probe.subject import Candidate, load


def runs(work: Callable[[], object]) -> Counter[str]:
    """How often the losses of each file ran: ``before`` and ``after``, with their doubles in float64."""
    counted: Counter[str] = Counter()

    def seen(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name == "spread_loss":
            counted[frame.f_code.co_filename.rpartition("/")[2].rstrip("0123456789._py")] += 1

    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counted


def job(wrong: bool) -> Job:
    (probe,) = probes(1, wrong)
    assert probe.after is not None
    before, after = (
        SubjectSource(each.source, each.expression) for each in (probe.before, probe.after)
    )
    return Job(probe.name, before, after)


def test_a_refusal_takes_few_runs_and_tells_of_the_gradient_all_the_same(tmp_path) -> None:
    found: list[Facts] = []
    counted = runs(lambda: found.append(measure(job(wrong=True), str(tmp_path))))
    (facts,) = found
    assert facts.stage == "values"
    assert facts.values[0].relation == "differs"
    assert facts.before is not None
    assert facts.after is not None
    assert (facts.before.gradient, facts.after.gradient) == ("none", "alive")
    assert counted["before"] <= 90
    assert counted["after"] <= 40


LOSS = """
import tensorflow as tf

def spread_loss(y_true, y_pred):
    return tf.square(y_true - y_pred)
"""


@pytest.fixture
def candidate(tmp_path) -> Candidate:
    built = load(SubjectSource(LOSS, "spread_loss"), str(tmp_path), "before.py")
    assert isinstance(built, Candidate), built
    return built


def test_whether_it_runs_in_a_graph_and_the_slope_there_are_of_one_trace(candidate) -> None:
    plain, family = objective(candidate), BY_NAME["reg"]
    assert sum(runs(lambda: in_graph(plain, family.batches(0, 1)[0])).values()) == 1
    assert sum(runs(lambda: in_graph(plain, family.batches(1, 1)[0])).values()) == 0
    # One run to see whether it has a gradient at all, and one to hold the graph against.
    assert sum(runs(lambda: quick_gradient(plain, None, family, 0, refused=True)).values()) == 2


def test_what_cannot_be_traced_is_not_traced_again(tmp_path) -> None:
    source = LOSS.replace("tf.square(", "tf.square(tf.constant(y_true.numpy()) * 0.0 + ")
    built = load(SubjectSource(source, "spread_loss"), str(tmp_path), "before.py")
    assert isinstance(built, Candidate), built
    plain, batch = objective(built), BY_NAME["reg"].batches(0, 1)[0]
    first = in_graph(plain, batch)
    assert "numpy" in first.error
    assert not runs(lambda: in_graph(plain, batch))
    assert in_graph(plain, batch) == first
