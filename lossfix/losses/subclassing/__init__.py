"""Functions that become classes.

``classes``, ``docstrings`` (that were a factory's), ``obstacles`` (why one cannot), ``on_import`` (what a
class does there), ``alignment`` (of ranks), ``arrays`` (that are saved as lists), ``last_axis`` (that holds
several), ``reads`` (of its name), ``ends`` (what becomes of it there), ``sites`` (what must change there),
``unwrap``, ``definitions``.
"""
