"""Where an import that the generated code needs goes."""

from __future__ import annotations

import pytest

from lossfix.syntax.imports import add_imports
from lossfix.syntax.tree import parse


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import os\n\nx = 1\n", "import os\nimport re\n\nx = 1\n"),
        ('"""Page."""\nx = 1\n', '"""Page."""\n\nimport re\nx = 1\n'),
        ('"""Page."""\nimport os\nx = 1\n', '"""Page."""\nimport os\nimport re\nx = 1\n'),
        ("x = 1\n", "import re\n\nx = 1\n"),
        # What prepares for the imports stays above them.
        (
            "pass  # !pip install a\nimport os\nx = 1\n",
            "pass  # !pip install a\nimport os\nimport re\nx = 1\n",
        ),
        ("v['A'] = '1'\nimport os\n", "v['A'] = '1'\nimport os\nimport re\n"),
        # An import below definitions is not where a file keeps its imports.
        ("def f():\n    pass\n\n\nimport os\n", "import re\n\ndef f():\n    pass\n\n\nimport os\n"),
    ],
)
def test_an_import_goes_where_the_file_keeps_its_own(before: str, after: str) -> None:
    tree = parse(before)
    assert add_imports(tree, tree.module, ("import re",)).code == after
