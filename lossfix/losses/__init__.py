"""What is known of losses and of Keras, and of no rule. From bytes to rewrites, the lowest first:

``operations``: names, and what they mean, of today, of NumPy, of other times.
``discovery``: which callables of a file are losses.
``codebase``: what the files of a run say of one another.
``code``: a loss in its concrete tree, and what its code means.
``calls``: NumPy and removed names, in TensorFlow.
``subclassing``: functions that become classes.
``smoothing``: gates and steps, and what they are smoothed to.
``batches``: control flow for a whole batch.
``probing``: what the verifier is handed.

Each is a package whose first lines are the map of its modules.
"""
