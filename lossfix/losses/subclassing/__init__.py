"""Functions that become classes.

``classes``, ``docstrings`` (that were a factory's), ``obstacles`` (why one cannot), ``on_import`` (what a
class does there), ``alignment`` (of ranks), ``arrays`` (that are saved as lists), ``last_axis`` (that holds
several), ``reads`` (of its name), ``only_compiled`` (whether that is all that becomes of it), ``sites`` (what
must change there), ``unwrap``, ``definitions``.
"""
