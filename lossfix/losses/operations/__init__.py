"""Names and operations, as tables and what they mean.

Of today: ``names`` (one spelling per operation) with ``names_table``, ``keras_names`` and ``words``;
``gradients`` (what each operation does to one), ``arithmetic`` (what it does to a number), ``spelling``
(how a file would write it), ``injected`` (a backend of Keras that is handed over).

Of other libraries: ``translation`` and ``translations``, with ``numpy_table``.

Of other times: ``removed`` with ``removed_table``, ``renames`` and ``backend_table``.
"""
