"""A tree's own walks and places are those that LibCST finds by visits."""

from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from lossfix.model import Span
from lossfix.syntax.parsing import parse
from lossfix.syntax.tree import children, walk

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures").rglob("*.py"))[::7]

EVERYTHING = '''\
#!/usr/bin/env python
"""What no fixture holds."""
from __future__ import annotations; import os as system, sys

@decorated(1)
# a remark
async def slow(a, /, b: int = 2, *rest, c=3, **more) -> None:
    async with opened(a) as one, opened(b): await one
    async for each in more: yield each
    else: return

class Kept(Base, metaclass=Meta):
    number: int = 1; other = number
    global_ = lambda x, *y, z=1: (x, *y, {**z}, {1, 2}, {k: v for k, v in z if k})
    text = f"{number!r:>{other}} of {text}" "and more"

try: pass
except* (ValueError, TypeError) as error: raise error from None
with one: assert a[1:2, ::3, ...] is not None, "no"
while (n := n - 1): del a, b[0]; break
else: a @= b
match a:
    case {"key": [1, *rest], **more} | Kept(x=1, y=2) if rest: pass
    case None | -1 as small: pass
    case _: pass
if a: x = y = 1 if not b else 2 ** -3 // 4
elif b < c <= d not in e or f and ~g: nonlocal_ = (yield)
else: print(*a, key=b, **c)
'''

LAYOUT = (
    *(cst.BaseParenthesizableWhitespace, cst.TrailingWhitespace, cst.EmptyLine),
    *(cst.Comment, cst.Newline),
)


def everything(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    for child in children(node, layout=True):
        yield from everything(child)


@pytest.mark.parametrize("text", [EVERYTHING, *(each.read_text("utf-8") for each in FIXTURES)])
def test_children_and_places_are_those_of_libcst(text: str) -> None:
    tree = parse(text)
    places = MetadataWrapper(tree.module, unsafe_skip_copy=True).resolve(PositionProvider)
    for node in everything(tree.module):
        below = [*node.children]
        assert [*map(id, children(node, layout=True))] == [*map(id, below)], type(node)
        code = [each for each in below if not isinstance(each, LAYOUT)]
        assert [*map(id, children(node))] == [*map(id, code)], type(node)
    spans = {
        node: Span(at.start.line, at.start.column + 1, at.end.line, at.end.column + 1)
        for statement in tree.module.body
        for node in walk(statement)
        if (at := places[node])
    }
    # From either end: what is asked for first decides how much is printed to find it.
    for asked, order in ((tree, [*spans]), (parse(text), [*reversed(spans)])):
        same = dict(zip(walk(tree.module), walk(asked.module), strict=True))
        for node in order:
            assert asked.spans[same[node]] == spans[node], type(node)


def test_a_walk_for_some_kinds_is_the_walk_without_the_others() -> None:
    kinds = (cst.Call, cst.Name, cst.If)
    module = parse(EVERYTHING).module
    assert [*walk(module, *kinds)] == [each for each in walk(module) if isinstance(each, kinds)]
    assert not [*walk(module, cst.Comment)]


def test_the_first_node_of_a_class_speaks_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lossfix.syntax.tree._FIELDS", {})
    for text in ('f"{a}"\n', 'f"{a:.{b}f}"\n'):
        names = {node.value for node in walk(parse(text).module) if isinstance(node, cst.Name)}
        assert names == {"a", "b"} & set(text)


def test_a_node_of_another_tree_has_no_place() -> None:
    tree = parse("a = 1\n")
    assert cst.Name("a") not in tree.spans
    with pytest.raises(KeyError):
        tree.spans[cst.Name("a")]
