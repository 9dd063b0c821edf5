"""Questions about the value of a node that are answered by way of what it is made of.

A name that stands for a value is followed to that value, and each use of it again: without a memory that
takes time exponential in the number of lines on which values are made of one another.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, TypeVar, cast

import libcst as cst

if TYPE_CHECKING:
    from lossfix.losses.code.loss import Loss

Answer = TypeVar("Answer")
Question = Callable[["Loss", cst.CSTNode], Answer]


def asked_once(unsure: object) -> Callable[[Question[Answer]], Question[Answer]]:
    """Have a loss remember the answer for each of its nodes.

    Args:
        unsure: what is answered where a value is made of itself, as in a loop.
    """

    def remembered(question: Question[Answer]) -> Question[Answer]:
        @wraps(question)
        def ask(loss: Loss, node: cst.CSTNode) -> Answer:
            key = (question, node)
            if key not in loss.answers:
                loss.answers[key] = unsure
                loss.answers[key] = question(loss, node)
            return cast(Answer, loss.answers[key])

        return ask

    return remembered
