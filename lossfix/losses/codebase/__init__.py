"""What the files of a run say of one another.

``reading`` (one of them), ``origins`` (where its names come from), ``used`` and ``renamed`` (what it does
with them, by whatever name), ``shared`` and ``said`` (what one says), ``settings`` (what files of settings
name), ``modules`` and ``places`` (where a name leads), ``kept`` (what one puts into registries of another),
``handing`` (by which names it is had), ``helpers`` (what losses call elsewhere), ``project`` (all of it, put
together).
"""
