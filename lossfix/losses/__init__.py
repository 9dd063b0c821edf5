"""What is known of losses and of Keras, and of no rule. A map, from bytes to rewrites:

Names and operations, as tables and what they mean:
    ``names`` (one spelling per operation) with ``names_table``, ``keras_names`` and ``words``;
    ``gradients`` (what each operation does to one), ``arithmetic`` (what it does to a number),
    ``spelling`` (how a file would write it), ``injected`` (a backend of Keras that is handed over).

Which callables of a file are losses, read off the standard library's tree:
    ``glance`` (its bytes, before it is parsed), ``wording`` (what names say), ``assigned``, ``uses``
    and ``handed`` (what they stand for, are used for, are given), ``outline``, ``functions``,
    ``discover`` and ``candidate``, ``unnamed`` (lambdas and partial applications), ``reached`` (the
    parts of losses), ``apart`` (losses that Keras does not call), ``wiring`` (what is done with them),
    ``reading`` (all of it, of one file).

What the files of a run say of one another:
    ``origins`` (where its names come from), ``shared`` and ``said`` (what one says), ``modules`` and
    ``places`` (where a name leads), ``helpers`` (what losses call elsewhere), ``project`` (all of
    it, put together).

A loss in its concrete tree, and what its code means:
    ``loss``, ``asked_once`` (what is asked of a value again and again), ``concrete`` (losses in the
    tree of a file), ``unfolding`` (a lambda as a function), ``reach`` (what it is made of),
    ``conditions``, ``tensors``, ``dtypes``, ``casts``, ``truth``, ``divisions``, ``naming``,
    ``perfect`` (where predictions equal targets), ``recorded`` (what is only kept).

Gates and steps, and what they are smoothed to:
    ``gates``, ``paths`` (what is alive beside them), ``scalar`` and ``evaluation`` (where the loss
    jumps), ``steps``, ``margins``, ``smooth``, ``counts``, ``lookups``, ``parts`` (a part that is
    smoothed for one loss alone).

Control flow for a whole batch:
    ``branches``, ``loops``, ``rows``, ``batch_means``.

Code of other libraries and other times:
    ``translation``, ``translations``, ``numpy_table``, ``rewrite_call``, ``inlining`` and ``wrapped``
    (NumPy in TensorFlow); ``removed``, ``removed_table``, ``renames``, ``backend_table``, ``gone`` and
    ``failing_imports`` (names that Keras 3 and TensorFlow 2 lack).

Functions that become classes:
    ``classes``, ``obstacles`` (why one cannot), ``alignment`` (of ranks), ``sites`` (where it is used),
    ``subclass``, ``unwrap``, ``parameters``, ``definitions``.

What the verifier is handed:
    ``extract`` and ``excerpt`` (the smallest module that holds a loss), ``bound`` (what a statement binds),
    ``constants`` (what may be run there), ``assumed`` (what is passed where nobody says what),
    ``hints`` (which inputs suit), ``written`` (the steepness that stands in it).
"""
