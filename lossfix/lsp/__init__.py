"""The language server: findings, rewrites and measurements for editors, over the same engine as the program.

No code of the user's runs when a file is opened, typed in or saved. Notebooks are left to the command
line: their cells are not synchronised.
"""

from lossfix.lsp.answers import serve

__all__ = ["serve"]
