"""Gates and steps, and what they are smoothed to.

``gates``, ``paths`` (what is alive beside them), ``scalar``, ``evaluation``, ``elements`` and ``attributes``
(where the loss jumps), ``steps``, ``shares`` (that are counted), ``factors`` (what a margin is a multiple
of), ``margins``, ``smooth``, ``counts``, ``lookups``, ``parts`` (a part that is smoothed for one loss alone).
"""
