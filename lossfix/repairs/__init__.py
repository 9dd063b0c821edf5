"""Which rewrite of a loss is made: what could be done to it is tried, measured, and carried out.

``plan`` (what is asked of a document), ``attempts`` (on one loss), ``search`` (over all of them).
"""

from lossfix.repairs.attempts import UNCALIBRATED
from lossfix.repairs.plan import Plan, configured, subject_of
from lossfix.repairs.search import Choose, Done, Proposal, carry_out

__all__ = [
    "UNCALIBRATED",
    "Choose",
    "Done",
    "Plan",
    "Proposal",
    "carry_out",
    "configured",
    "subject_of",
]
