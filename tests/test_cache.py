"""A cache answers with what was found out before, and never stands in the way."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from lossfix.cache import Cache, digest
from lossfix.losses.discovery.candidate import Settings

KEYS = [("a", 1), ("b", 2), ("c", 3)]


class Counted:
    """Computes results for keys, and keeps count."""

    def __init__(self, keys: list[tuple[str, int]]) -> None:
        self.keys = keys
        self.computed: list[int] = []

    def __call__(self, numbers: Iterable[int]) -> Iterator[str]:
        for number in numbers:
            self.computed.append(number)
            yield f"result of {self.keys[number]}"


def asked(file: Path | None, keys: list[tuple[str, int]] = KEYS) -> tuple[list[str], list[int]]:
    """What a cache of its own answers, and what had to be computed for it."""
    cache, compute = Cache(file), Counted(keys)
    answers = cache.through("test", keys, compute)
    cache.close()
    return answers, compute.computed


def test_nothing_is_computed_twice(tmp_path: Path) -> None:
    file = tmp_path / "below" / "cache.sqlite"
    first, computed = asked(file)
    assert computed == [0, 1, 2]
    assert asked(file) == (first, [])
    assert asked(file, [("a", 1), ("new", 9), ("c", 3)])[1] == [1]


def test_without_a_file_it_forgets() -> None:
    assert asked(None)[1] == asked(None)[1] == [0, 1, 2]


@pytest.mark.parametrize(
    "damage", [b"", b"not a database", b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_damaged_file_costs_its_contents_and_nothing_else(tmp_path: Path, damage: bytes) -> None:
    file = tmp_path / "cache.sqlite"
    first, _ = asked(file)
    file.write_bytes(damage)
    assert asked(file) == (first, [0, 1, 2])
    assert asked(file) == (first, [])


def test_a_damaged_page_costs_its_contents_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "cache.sqlite"
    many = [(str(n), n) for n in range(3000)]
    first, _ = asked(file, many)
    data = bytearray(file.read_bytes())
    data[4096 * 3 :] = os.urandom(len(data) - 4096 * 3)
    file.write_bytes(data)
    assert asked(file, many)[0] == first
    assert asked(file, many)[0] == first


def test_runs_at_the_same_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    file = tmp_path / "cache.sqlite"
    wrong: list[list[str]] = []

    def run() -> None:
        for start in range(20):
            keys = [(str(n), n) for n in range(start, start + 20)]
            answers, _ = asked(file, keys)
            wrong.extend([answers] if answers != [f"result of {key}" for key in keys] else [])

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert asked(file, [("5", 5)])[1] == []


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    assert asked(tmp_path / "taken" / "cache.sqlite")[1] == [0, 1, 2]


def test_a_file_is_dull_until_it_changes(tmp_path: Path) -> None:
    file, cache_file = tmp_path / "a.py", tmp_path / "cache.sqlite"
    file.write_bytes(b"one")
    os.utime(file, ns=(10**18, 10**18))
    settings = Settings()
    cache = Cache(cache_file)
    assert not cache.dull("question", settings)(str(file))
    cache.found_dull("question", settings, str(file), file.stat())
    cache.close()
    assert Cache(cache_file).dull("question", settings)(str(file))
    assert not Cache(cache_file).dull("question", Settings(frozenset({"soll"})))(str(file))
    file.write_bytes(b"two")
    assert not Cache(cache_file).dull("question", settings)(str(file))


def test_a_file_is_remembered_for_several_questions_and_looked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, cache_file = tmp_path / "a.py", tmp_path / "cache.sqlite"
    looked_at: list[str] = []
    stat = os.stat

    def counted(path: str) -> os.stat_result:
        looked_at.append(path)
        return stat(path)

    def known() -> list[bool]:
        looked_at.clear()
        cache = Cache(cache_file)
        with monkeypatch.context() as patched:
            patched.setattr(os, "stat", counted)
            answers = [cache.dull(each, None)(str(file)) for each in ("first", "second")]
        cache.close()
        return answers

    def find(question: str) -> None:
        cache = Cache(cache_file)
        cache.found_dull(question, None, str(file), file.stat())
        cache.close()

    for content, time_ns in ((b"one", 10**18), (b"two", 10**18 + 1)):
        file.write_bytes(content)
        os.utime(file, ns=(time_ns, time_ns))
        find("first")
        assert known() == [True, False]
        find("second")
        assert known() == [True, True]
        assert looked_at == [str(file)]
    for number in range(100):
        find(f"another {number}")
    find("second")
    assert known() == [False, True]


def test_a_file_that_has_just_changed_is_read_again(tmp_path: Path) -> None:
    file, cache_file = tmp_path / "a.py", tmp_path / "cache.sqlite"
    file.write_bytes(b"one")
    cache = Cache(cache_file)
    cache.found_dull("question", Settings(), str(file), file.stat())
    cache.close()
    assert not Cache(cache_file).dull("question", Settings())(str(file))


def test_keys_tell_apart_what_differs() -> None:
    different = [("ab", "c"), ("a", "bc"), ("a", ("b", "c")), (1, "1"), (True, 1), (None, b"a")]
    assert len({digest("kind", key) for key in different}) == len(different)
    assert digest("one", "a") != digest("two", "a")
    assert digest("one", frozenset("abc")) == digest("one", frozenset("cba"))
    # A loss that one function takes by position and by keyword.
    taken = [("build", 1), ("build", "loss")]
    assert digest("one", frozenset(taken)) == digest("one", frozenset(reversed(taken)))
    with pytest.raises(TypeError):
        digest("one", object())
