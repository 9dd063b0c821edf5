"""How calls in other files change, of functions that became losses of Keras.

``my_loss(y_true, y_pred)`` used the value of each sample; an instance gives that from ``call``. Nothing
else of such a file is touched.
"""

from __future__ import annotations

from collections.abc import Collection

from lossfix.losses.codebase.origins import calls_in
from lossfix.losses.codebase.places import Modules, Place
from lossfix.syntax.quiet import parsed_or_none


def rewritten(text: str, file: int, modules: Modules, instances: Collection[Place]) -> str:
    """``text`` with its calls of ``instances`` calling their ``call``.

    Args:
        text: a file that parses, or it comes back as it is.
        file: its number in ``modules``.
        instances: what was a function and is bound to an instance now.
    """
    module = parsed_or_none(text)
    if module is None:
        return text
    ends: set[tuple[int, int]] = set()
    for call in calls_in(module):
        places, _ = modules.places(file, call.origin)
        if places and all(place in instances for place in places):
            ends.add((call.function.end_lineno or 0, call.function.end_col_offset or 0))
    lines = text.split("\n")
    for line, column in sorted(ends, reverse=True):
        # Columns of `ast` count bytes of UTF-8.
        data = lines[line - 1].encode("utf-8", "surrogatepass")
        new = data[:column] + b".call" + data[column:]
        lines[line - 1] = new.decode("utf-8", "surrogatepass")
    return "\n".join(lines)
