"""A loss in its concrete tree, and what its code means.

``loss``, ``concrete`` (losses in the tree of a file), ``unfolding`` (a lambda as a function) and
``named_constants`` (with parameters of its own), ``reach`` (what it is made of), ``static`` (what is
known before there are numbers), ``liveness`` (where a gradient flows), ``parameters`` and ``methods``
(that are added), ``subclass`` (whether its class is Keras's), ``inherited`` (what it has from its
parents), ``saved_keys`` (what its configuration holds), ``asked_once`` (what is asked of a value again
and again), ``conditions``, ``everywhere`` (what is one number), ``several`` (whether it is handed more
than one tensor), ``tensors``, ``dtypes``, ``casts``, ``truth``, ``divisions``, ``naming``, ``bare``
(targets and predictions as they come), ``perfect`` (where predictions equal targets), ``roots`` (that
have no gradient at zero), ``variances`` (where they equal one another), ``pairs`` (where each meets
itself), ``edges`` (where neighbours do), ``surroundings`` (what is set around it), ``recorded`` (what is
only kept), ``arrays_only`` (what runs for no tensor), ``in_fit`` (whether Keras may call it), ``sizes``
(that are tensors).
"""
