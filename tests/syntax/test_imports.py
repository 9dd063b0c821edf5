"""Where an import that the generated code needs goes."""

from __future__ import annotations

import pytest

from lossfix.syntax.imports import add_imports, add_imports_within, without_idle_imports
from lossfix.syntax.parsing import parse


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
    assert add_imports(tree.module, ("import re",)).code == after


TENSORFLOW = "import tensorflow as tf"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "import keras\nimport numpy as np\n\nfrom own import f\n\nx = 1\n",
            f"import keras\nimport numpy as np\n{TENSORFLOW}\n\nfrom own import f\n\nx = 1\n",
        ),
        # What is not sorted has it behind what belongs with it.
        (
            "import numpy as np\nimport keras\nimport attr\nx = 1\n",
            f"import numpy as np\nimport keras\n{TENSORFLOW}\nimport attr\nx = 1\n",
        ),
        (
            "import keras\nfrom keras.saving import a\nfrom own import f\nx = 1\n",
            f"import keras\n{TENSORFLOW}\nfrom keras.saving import a\nfrom own import f\nx = 1\n",
        ),
        (
            "from keras.callbacks import A\nimport six\nx = 1\n",
            f"from keras.callbacks import A\n{TENSORFLOW}\nimport six\nx = 1\n",
        ),
        (
            "import os\n\n# Ours.\nfrom . import a\nfrom .b import c\n\nx = 1\n",
            f"import os\n{TENSORFLOW}\n\n# Ours.\nfrom . import a\nfrom .b import c\n\nx = 1\n",
        ),
        (
            '"""Page."""\n\nfrom . import a\n\nx = 1\n',
            f'"""Page."""\n\n{TENSORFLOW}\n\nfrom . import a\n\nx = 1\n',
        ),
        ("from . import a\nx = 1\n", f"{TENSORFLOW}\n\nfrom . import a\nx = 1\n"),
        (
            "from __future__ import annotations\nfrom . import a\nx = 1\n",
            f"from __future__ import annotations\n{TENSORFLOW}\nfrom . import a\nx = 1\n",
        ),
        (
            "import os\nimport own.keras\nx = 1\n",
            f"import os\nimport own.keras\n{TENSORFLOW}\nx = 1\n",
        ),
    ],
)
def test_a_framework_is_imported_beside_its_companions(before: str, after: str) -> None:
    tree = parse(before)
    assert add_imports(tree.module, (TENSORFLOW,)).code == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "import os\nfrom keras import backend as K\nfrom keras.models import Model\n",
            "import os\nimport keras\nfrom keras import backend as K\nfrom keras.models import Model\n",
        ),
        ("import os\n\nfrom keras import a\n", "import os\n\nimport keras\nfrom keras import a\n"),
        (
            "import os\n# As of old.\nfrom keras import a\n",
            "import os\nimport keras\n# As of old.\nfrom keras import a\n",
        ),
        (
            "import keras.ops\nfrom keras import a\n",
            "import keras\nimport keras.ops\nfrom keras import a\n",
        ),
    ],
)
def test_a_framework_is_imported_above_what_is_taken_from_it(before: str, after: str) -> None:
    assert add_imports(parse(before).module, ("import keras",)).code == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "import os\n\nimport tensorflow as tf\n\nx = 1\n",
            "import os\n\nimport numpy as np\nimport tensorflow as tf\n\nx = 1\n",
        ),
        # The standard library stays above, and what is said above an import stays with it.
        (
            "import os\nimport tensorflow as tf\nx = 1\n",
            "import os\nimport numpy as np\nimport tensorflow as tf\nx = 1\n",
        ),
        (
            "'A page.'\n\n# The newest.\nimport tensorflow as tf\nx = 1\n",
            "'A page.'\n\n# The newest.\nimport tensorflow as tf\nimport numpy as np\nx = 1\n",
        ),
        (
            "import tensorflow as tf\nimport keras\nfrom . import a\nx = 1\n",
            "import tensorflow as tf\nimport keras\nimport numpy as np\nfrom . import a\nx = 1\n",
        ),
    ],
)
def test_sorted_imports_stay_sorted(before: str, after: str) -> None:
    assert add_imports(parse(before).module, ("import numpy as np",)).code == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '"""Page."""\n\nfrom ..a import f\n\nx = 1\n',
            '"""Page."""\n\nfrom ..a import f\nfrom ..b.c import g\n\nx = 1\n',
        ),
        (
            "import os\n\nfrom .a import f\n\nx = 1\n",
            "import os\n\nfrom ..b.c import g\nfrom .a import f\n\nx = 1\n",
        ),
        (
            "from ..a import f\nfrom ..c import f\nfrom . import z\n",
            "from ..a import f\nfrom ..b.c import g\nfrom ..c import f\nfrom . import z\n",
        ),
    ],
)
def test_a_relative_import_goes_among_the_others(before: str, after: str) -> None:
    assert add_imports(parse(before).module, ("from ..b.c import g",)).code == after


LAZY = "import os\n\n\ndef build():\n    import keras\n{}    return keras\n"


def test_an_import_goes_into_the_function_that_alone_has_those_of_its_framework() -> None:
    added = add_imports_within(parse(LAZY.format("")).module, "build", ("import tensorflow as tf",))
    assert added is not None
    assert added.code == LAZY.format("    import tensorflow as tf\n")


@pytest.mark.parametrize(
    "text",
    [
        f"import tensorflow as tf\n{LAZY.format('')}",
        f"try:\n    import keras\nexcept ImportError:\n    pass\n{LAZY.format('')}",
        "def build():\n    import json\n    return json\n",
        LAZY.format("").replace("build", "other"),
    ],
)
def test_where_a_file_has_its_framework_elsewhere_no_function_gets_an_import(text: str) -> None:
    assert add_imports_within(parse(text).module, "build", ("import tensorflow as tf",)) is None


def function(*lines: str) -> str:
    return "def f(x):\n" + "".join(f"    {line}\n" if line else "\n" for line in lines)


USED = function("from keras import backend as K", "", "return K.mean(x)")


@pytest.mark.parametrize(
    ("before", "now", "after"),
    [
        (USED, USED.replace("K.mean", "tf.mean"), function("return tf.mean(x)")),
        (USED, USED, USED),
        # It had no use before, says why it is there, or is what the module's other functions read.
        (
            function("import a", "return x"),
            function("import a", "return 2 * x"),
            function("import a", "return 2 * x"),
        ),
        (
            function("import a  # registers it", "return a.b(x)"),
            function("import a  # registers it", "return b(x)"),
            function("import a  # registers it", "return b(x)"),
        ),
        ("import a\n\n" + USED, "import a\n\nx = 1\n", "import a\n\nx = 1\n"),
        (
            function("from a import *", "return b(x)"),
            function("from a import *", "return c(x)"),
            function("from a import *", "return c(x)"),
        ),
        (
            function("import a.b, c", "return a.b.d(x)"),
            function("import a.b, c", "return c(x)"),
            function("import a.b, c", "return c(x)"),
        ),
    ],
)
def test_an_import_inside_of_a_function_goes_with_its_last_use(
    before: str, now: str, after: str
) -> None:
    changed = without_idle_imports(parse(now).module, parse(before).module)
    assert changed.code == after
