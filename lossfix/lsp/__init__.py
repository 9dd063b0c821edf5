"""The language server: findings, rewrites and measurements for editors, over the same engine as the program.

No code of the user's runs when a file is opened, typed in or saved. Notebooks are left to the command
line: their cells are not synchronised.

``answers`` (to each message), ``protocol`` (when one is answered at all), ``server`` and ``folder`` (what
an editor has open), ``actions`` (findings as the protocol has them), ``rewrites`` (what is offered),
``measuring``, ``spans`` (columns).
"""

from lossfix.lsp.answers import serve

__all__ = ["serve"]
