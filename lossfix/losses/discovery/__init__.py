"""Which callables of a file are losses, read off the standard library's tree.

``glance``, ``steps`` and ``heads`` (its bytes, before it is parsed), ``wording`` (what names say),
``holders`` (what keeps losses), ``registering`` (what puts them there), ``measured`` (what is said to be
a metric), ``bindings`` and ``assigned`` (what names are set to, and stand for by that), ``uses``,
``called`` and ``handed`` (what they are used for, called, given), ``lookups`` (names that no file writes
out), ``constants`` (what a module may hold), ``unbound`` (what nothing binds), ``early`` (what is read
before it is set), ``outline``, ``functions``, ``returned`` (what no loss gives back), ``discover`` and
``candidate``, ``unnamed`` (lambdas and partial applications), ``reached`` (the parts of losses),
``apart`` (losses that Keras does not call), ``imported`` (imports that fail), ``patched`` (names that a
file gives to a module), ``wiring`` (what is done with them), ``symbolic`` (what is a tensor of a
functional model), ``taping`` (what tapes see of them), ``unsavable`` (what no saved configuration
holds), ``endings`` (how models end).
"""
