"""A function that was added to a module and stood there already, under another name."""

from __future__ import annotations

from textwrap import dedent

from lossfix.syntax.twins import without_twins

BEFORE = '''\
def scale(x):
    """Twice."""
    return 2 * x  # as it was


def soft_scale(x):
    """Twice."""
    return 3 * x  # as it was


def soft_shift(x):
    return soft_scale(x) + 1
'''


def shared(more: str, *new: str, others: dict[str, str] | None = None) -> dict[str, str]:
    before = {"a.py": BEFORE, **dict.fromkeys(others or {}, "")}
    after = {"a.py": BEFORE + dedent(more), **(others or {})}
    return without_twins(before, after, {("a.py", name) for name in new})[0]


TWIN = '''

def soft_scale_2(x):
    """Twice."""
    return 3 * x  # as it was
'''
ABOVE = """

def soft_shift_2(x):
    return soft_scale_2(x) + 1
"""


def test_a_twin_is_given_up_for_what_stood_there_before() -> None:
    texts = shared(TWIN + "\n\ny = soft_scale_2(1)\n", "soft_scale_2")
    assert texts == {"a.py": BEFORE + "\n\ny = soft_scale(1)\n"}


def test_what_calls_a_twin_may_be_one_itself() -> None:
    texts = shared(TWIN + ABOVE + "\n\ny = soft_shift_2(1)\n", "soft_scale_2", "soft_shift_2")
    assert texts == {"a.py": BEFORE + "\n\ny = soft_shift(1)\n"}


def test_other_files_import_it_once() -> None:
    users = {
        "b.py": "from a import soft_scale_2, soft_scale\n",
        "c.py": "from a import (\n    soft_scale,\n    soft_scale_2,\n)\n",
        "d.py": "from a import soft_scale\nfrom a import soft_scale_2\n\nsoft_scale_2(1)\n",
        "e.py": "import a\n\na.soft_scale_2(1)\n",
    }
    texts = shared(TWIN, "soft_scale_2", others=users)
    assert texts == {
        "a.py": BEFORE,
        "b.py": "from a import soft_scale\n",
        "c.py": "from a import (\n    soft_scale,\n)\n",
        "d.py": "from a import soft_scale\n\nsoft_scale(1)\n",
        "e.py": "import a\n\na.soft_scale(1)\n",
    }


def test_what_differs_or_was_there_stays() -> None:
    for more, new in (
        (TWIN.replace("3 * x", "4 * x"), ("soft_scale_2",)),
        (TWIN.replace("# as it was", "# mended"), ("soft_scale_2",)),
        (TWIN.replace("(x)", "(x, k=1)"), ("soft_scale_2",)),
        (TWIN, ()),
    ):
        assert shared(more, *new) == {"a.py": BEFORE + more}


def test_a_name_that_is_bound_again_is_no_twin() -> None:
    before = BEFORE + "\n\ndef soft_scale(x):\n    return 0\n"
    after = {"a.py": before + TWIN}
    assert without_twins({"a.py": before}, after, {("a.py", "soft_scale_2")}) == (after, {})


def test_the_default_of_what_every_call_gives_says_nothing() -> None:
    before = {"a.py": "def soft(x, k, steepness=1.0):\n    return steepness * x\n"}
    more = "\n\ndef soft_2(x, k, steepness=2.0):\n    return steepness * x\n"
    after, new = {"a.py": before["a.py"] + more}, {("a.py", "soft_2")}
    assert without_twins(before, after, new, "steepness")[0] == before
    assert without_twins(before, after, new)[0] == after
    for other in (more.replace("k,", "k=1,"), more.replace("=2.0", "")):
        after = {"a.py": before["a.py"] + other}
        assert without_twins(before, after, new, "steepness")[0] == after
