"""A folder of an editor's workspace: its configuration, and what its files say of one another."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from lossfix import codes, config, run, scan, source
from lossfix.cache import Cache, place
from lossfix.configured import check_losses
from lossfix.losses.codebase.settings import SUFFIXES
from lossfix.model import Finding
from lossfix.report.inputs import WORDS
from lossfix.scan import Opened
from lossfix.settings_files import with_settings
from lossfix.source import Document


@dataclass(frozen=True)
class View:
    """A folder as it stands: files from the disk, and in their place what the editor holds of them."""

    request: run.Request
    files: Opened

    @cached_property
    def with_callers(self) -> View:
        """The same with those files that may call a loss since something was typed."""
        return replace(self, files=run.with_callers(self.request, self.files))

    def findings(self, document: Document) -> tuple[Finding, ...]:
        """What ``lossfix check`` finds in a document, were it saved now."""
        known = document.source.path in self.files.numbers
        if not known or not self.files.may_hold_a_loss(document):
            return ()
        return tuple(run.findings_of(self.request, self.files, document)[0])


class Folder:
    """Scanned when it is first looked at, and again after ``forget``."""

    def __init__(self, root: Path, alone: bool = False) -> None:
        """
        Args:
            root: where the configuration is looked for, from there up.
            alone: leave the files of the folder alone, and look at what the editor holds only.
        """
        self.root = root
        self._alone = alone
        self._forgotten = 0
        """How often; what was begun before the last time is out of date when it is done."""
        self._scanned: tuple[run.Request, Opened] | None = None
        self._latest: tuple[tuple[Document, ...], View] | None = None

    def forget(self) -> None:
        """Read the configuration and the files again when they are next needed."""
        self._forgotten += 1
        self._scanned = self._latest = None

    def view(self, buffers: Sequence[Document]) -> View:
        """The folder with ``buffers`` in place of the files that they belong to.

        Raises:
            ConfigError: the configuration cannot be meant.
            SourceError: the folder cannot be read.
        """
        held = tuple(buffers)
        latest = self._latest
        if latest is not None and latest[0] == held:
            return latest[1]
        begun = self._forgotten
        request, files = self._scan()
        settings = request.config.naming
        wanted = [each for each in held if _is_wanted(each.path, request.config)]
        view = View(request, scan.with_buffers(files, wanted, settings))
        if begun == self._forgotten:
            self._latest = held, view
        return view

    def _scan(self) -> tuple[run.Request, Opened]:
        scanned, begun = self._scanned, self._forgotten
        if scanned is None:
            loaded = config.load(self.root)
            config.check_rules(loaded, codes.known())
            config.check_families(loaded, WORDS)
            if not self._alone:
                check_losses(loaded, ())
            request = run.Request(
                config=loaded,
                gate=loaded.gate,
                steepness=loaded.steepness,
                exact_only=loaded.exact_only,
            )
            settings = list[str]()
            aside = source.Aside(SUFFIXES, settings.append)
            paths = [] if self._alone else source.find([self.root], loaded, aside=aside)
            with closing(Cache(place(loaded.root))) as cache:
                opened = scan.open_all(paths, loaded.naming, cache=cache)
                opened = with_settings(opened, settings, loaded.naming, cache=cache)
                scanned = request, run.with_callers(replace(request, cache=cache), opened)
            if begun == self._forgotten:
                self._scanned = scanned
        return scanned


def _is_wanted(path: Path, loaded: config.Config) -> bool:
    """Whether a scan of the project would look at a file; one that is not saved yet is wanted."""
    if not path.exists():
        return True
    return any(source.find([path], replace(loaded, force_exclude=True)))
