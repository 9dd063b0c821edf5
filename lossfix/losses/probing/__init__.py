"""What the verifier is handed of a loss.

``extract`` and ``excerpt`` (the smallest module that holds it), ``module`` (what is taken of one file),
``building`` (how it is called for), ``pared`` (a class with what a method of it needs), ``lifted`` (a class
out of a function), ``bound`` (what a statement binds), ``unsaid`` (parameters that need a value), ``assumed``
(what is passed where nobody says what), ``hints`` (which inputs suit), ``written`` (the steepness that stands
in it).
"""
