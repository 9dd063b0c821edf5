"""What is put into an editor's settings so that it runs lossfix, as docs/editors.md gives it."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PROGRAM = "{program}"


@dataclass(frozen=True)
class Snippet:
    """Settings of one editor."""

    editor: str
    place: str
    """Where they go."""
    text: str
    """With ``{program}`` for what runs lossfix."""

    def text_for(self, program: str = "lossfix") -> str:
        """The text with the program's name or path in it."""
        return self.text.replace(_PROGRAM, program)


SNIPPETS = (
    Snippet(
        "PyCharm",
        "Settings > Tools > External Tools",
        """\
Program:            $PyInterpreterDirectory$/lossfix
Arguments:          check --output-format concise --absolute-paths $FilePath$
Working directory:  $ProjectFileDir$
Output filters:     $FILE_PATH$:$LINE$:$COLUMN$
""",
    ),
    Snippet(
        "Visual Studio Code",
        ".vscode/tasks.json",
        r"""{
  "version": "2.0.0",
  "tasks": [
    {
      "label": "lossfix",
      "type": "process",
      "command": "{program}",
      "args": ["check", "--output-format", "concise", "${workspaceFolder}"],
      "options": {"cwd": "${workspaceFolder}"},
      "presentation": {"reveal": "never"},
      "problemMatcher": {
        "owner": "lossfix",
        "source": "lossfix",
        "fileLocation": ["relative", "${workspaceFolder}"],
        "pattern": {
          "regexp": "^((?:[A-Za-z]:)?[^:]+):(\\d+):(\\d+): (error|warning|info) (LF\\d{3}) (.*)$",
          "file": 1,
          "line": 2,
          "column": 3,
          "severity": 4,
          "code": 5,
          "message": 6
        }
      }
    }
  ]
}
""",
    ),
    Snippet(
        "Vim",
        "~/.vim/compiler/lossfix.vim",
        r"""let current_compiler = "lossfix"
setlocal makeprg={program}\ check\ --output-format\ concise
setlocal errorformat=%+G%.%#:cell\ %.%#,%f:%l:%c:\ %t%*[a-z]\ %m
""",
    ),
    Snippet(
        "Neovim 0.11",
        "init.lua (language server)",
        """\
vim.lsp.config("lossfix", {
  cmd = { "{program}", "lsp" },
  filetypes = { "python" },
  root_markers = { "pyproject.toml", ".git" },
})
vim.lsp.enable("lossfix")
""",
    ),
    Snippet(
        "Emacs",
        "the init file",
        r"""(with-eval-after-load 'compile
  (add-to-list 'compilation-error-regexp-alist-alist
               '(lossfix
                 "^\\([^:\n]+\\):\\([0-9]+\\):\\([0-9]+\\): \\(?:error\\|\\(warning\\)\\|\\(info\\)\\) "
                 1 2 3 (4 . 5)))
  (add-to-list 'compilation-error-regexp-alist 'lossfix))
""",
    ),
    Snippet(
        "Sublime Text",
        "Tools > Build System > New Build System",
        r"""{
  "cmd": ["{program}", "check", "--output-format", "concise", "$file"],
  "file_regex": "^((?:[A-Za-z]:)?[^:\\n]+):(\\d+):(\\d+): (.*)$",
  "selector": "source.python",
  "working_dir": "${project_path:$file_path}"
}
""",
    ),
)


def snippets(program: str = "lossfix") -> str:
    """All of them, for people.

    Args:
        program: what runs lossfix, where the name alone would run none or another one.
    """
    return "\n".join(
        f"  {each.editor}, {each.place}:\n{_indented(each.text_for(program))}" for each in SNIPPETS
    )


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def language_server() -> str:
    """Which language server is installed, or how to install one."""
    try:
        return f"pygls {version('pygls')}"
    except PackageNotFoundError:
        return "pygls is not installed: pip install 'lossfix[lsp]'"


def program() -> str:
    """What an editor must start: the name alone where it is on ``PATH``, else the path of this program."""
    own = Path(sys.argv[0]).absolute()
    if shutil.which("lossfix") is None and own.stem == "lossfix" and own.is_file():
        return own.as_posix()
    return "lossfix"
