"""Whether a rewrite keeps its promise: measured in the interpreter of the user's project, and judged here.

``client`` (what is asked of it), ``workers`` (the processes that measure), ``scratch`` (where they write),
``interpreter`` (which Python has TensorFlow), ``probe`` (what runs there), ``judge`` (from facts to a
verdict), ``states`` (of a gradient), ``reasons`` (against a rewrite), ``unmeasured`` (why there are no
facts) and ``wording`` (what people read of it).
"""
