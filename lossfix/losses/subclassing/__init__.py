"""Functions that become classes.

``classes``, ``docstrings`` (that were a factory's), ``obstacles`` (why one cannot), ``on_import`` (what a
class does there), ``alignment`` (of ranks), ``last_axis`` (that holds several), ``same_rank`` (what aligns
them), ``arrays`` (that are saved as lists), ``reads`` (of its name), ``only_compiled`` (whether that is all
that becomes of it), ``sites`` (what must change there), ``unwrap``, ``definitions``.
"""
