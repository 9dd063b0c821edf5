"""Python through LibCST and ``ast``; nothing here knows Keras.

Texts: ``parsing`` (to trees), ``quiet`` (what Python warns about them), ``guards`` (what must hold of
one that was rewritten). The standard library's tree: ``nodes``, ``scope`` (what names mean, and what is
assigned to them), ``frameworks``. LibCST's: ``tree``, ``blocks``, ``flow`` (what depends on what),
``literals``. Of either: ``lineage`` (of classes), ``remembered`` (what was found out about a tree, until its
file is done). New code: ``build``, ``imports``, ``twins`` (functions that are there already).
"""
