"""Gates and steps, and what they are smoothed to.

``gates``, ``paths`` (what is alive beside them), ``scalar`` and ``evaluation`` (where the loss jumps),
``steps``, ``margins``, ``smooth``, ``counts``, ``lookups``, ``parts`` (a part that is smoothed for one
loss alone).
"""
