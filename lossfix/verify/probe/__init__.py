"""The part of the verifier that runs in the interpreter of the user's project.

It uses the standard library, NumPy, TensorFlow and Keras and nothing else of ours, so that lossfix need
not be installed there. Run as a script it is loaded under the name ``lossfix_probe``.

The worker: ``worker``, ``protocol`` and ``records`` (how it is talked to), ``job`` (what is asked),
``facts`` (what is answered), ``supervise`` (a child for each job), ``sandbox``, ``guard`` (whether it
was tampered with).

The loss: ``subject`` (from its text to something to call), ``compat`` (names that are gone),
``calling`` (other ways than on a batch), ``slots`` and ``connectionist`` (other inputs than two
tensors), ``numeric`` and ``rounding`` (in which precision), ``memory`` (what it remembers), ``names``
(what Keras calls it), ``prediction`` (models within it).

Its inputs: ``inputs`` (the choice), ``families``, ``configured`` and ``shaped`` (what there is to
choose from), ``hints``, ``code``, ``reading``, ``demands``, ``operations``, ``watching``, ``sizes``,
``subscripts``, ``windows``, ``extents`` and ``constants`` (what the code asks for), ``refusals`` (what
it does not accept).

What is measured: ``measure`` (all of it), ``original`` and ``comparison`` (of a rewrite beside it); of
values ``values``, ``roots``, ``extremes``, ``emptiness``, ``traced``; of gradients ``gradient``,
``agreement``, ``paths``, ``terms``, ``descent``, ``foreground``; of gates ``trace`` and ``kinds``
(which operations run), ``gates``, ``reach``, ``curve``; of their steepness ``steepness``, ``rungs``,
``sharpening``; of what Keras expects ``contract``, ``ranks``, ``parameters``, ``training``; of what
nothing could be called with ``likeness``.
"""
