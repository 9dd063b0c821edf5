"""Functions that become classes.

``classes``, ``obstacles`` (why one cannot), ``alignment`` (of ranks), ``sites`` (where it is used),
``unwrap``, ``definitions``.
"""
