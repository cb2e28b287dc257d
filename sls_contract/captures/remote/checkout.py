"""The recordings of a suite as local files: the locked revision, and what was recorded since."""

from __future__ import annotations

import os
from contextlib import contextmanager
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.captures.remote.lockfile import revisions_in, write_line
from sls_contract.captures.remote.revision import Revision, ancestors, common_ancestor, digest_of
from sls_contract.captures.remote.store import Object, Store, create, recording_object, replace_bytes, revision_object
from sls_contract.cassettes.audit import leak_findings
from sls_contract.cassettes.file.journal import LOCK_TIMEOUT, Journal, journal_of, read_frames
from sls_contract.cassettes.file.lock import lock, unlock
from sls_contract.cassettes.file.merging import Sides, merge
from sls_contract.cassettes.file.reader import CassetteFile
from sls_contract.cassettes.file.recording_file import fold
from sls_contract.cassettes.places import cassettes_below
from sls_contract.cassettes.scrub import Scrubber
from sls_contract.errors import CassetteBusy, CassetteError
from sls_contract.reports.group_lines import first_few
from sls_contract.reports.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sls_contract.captures.remote.suite import Suite
    from sls_contract.signing import Credentials

_MERGED = ".revision"
_MOST = 10  # names in a line
_SHORT = 12  # digits of a revision, for people


class Result(NamedTuple):
    """The result of a command: lines to print, and whether everything is up to date."""

    lines: tuple[str, ...]
    clean: bool = True


class Checkout:
    """The local folder of a suite. Changes to it hold its lock; tests that run meanwhile read whole files."""

    def __init__(self, suite: Suite, keys: Iterable[Credentials] = (), *, offline: bool = False) -> None:
        self.suite = suite
        self._keys = tuple(keys)
        self._store = Store(suite.url, suite.cache, offline=offline)
        self._conflicts: list[str] = []

    def pull(self, *, latest: bool = False) -> Result:
        """Update the folder to the locked revision; recordings that were not uploaded are kept.

        ``latest`` also merges all other revisions at the URL, and locks the result.
        """
        with self._held():
            self._follow_lock()
            if latest:
                for name in self._others(self._store.revisions()):
                    self._merge_revision(name)
                return self._publish(self._local())
            return self._result(self._summary())

    def push(self, *, delete: bool = False) -> Result:
        """Upload the new recordings and lock the result. With ``delete``, cassettes without a local file are removed.

        Raises `CassetteError` if a file contains a secret or is damaged; nothing is uploaded then.
        """
        with self._held():
            gone = {*self._digests(self._merged_revisions())} - {*self._local()} if delete else ()
            self._follow_lock()
            for name in gone:
                (self.suite.folder / name).unlink(missing_ok=True)
            return self._publish(self._local())

    def status(self) -> Result:
        """List the recordings that were not uploaded, and the revisions that only the lock or only the URL has."""
        revisions = self._store.revisions()
        locked = revisions_in(self.suite.lock, self.suite.url)
        here = self._digests(self._merged_revisions())
        others = [
            f"not in {self.suite.lock.name}: revision {name[:_SHORT]}: {_changes(here, revisions[name].digests)}"
            for name in self._others(revisions, locked)
        ]
        lines = [self._summary(), *self.unpushed(), *self._lost(name for name in locked if name not in revisions)]
        lines += others
        if others:
            lines.append(f"How to fix: {self._command('pull --latest')} merges it.")
        return Result(tuple(lines), clean=len(lines) == 1)

    def unpushed(self) -> list[str]:
        """Return the lines to print about recordings that were not uploaded; empty if there are none."""
        here = self._digests(self._merged_revisions())
        added = sorted(name for name, digest in self._local().items() if here.get(name) != digest)
        if not added:
            return []
        return [
            f"not uploaded: {first_few(added, _MOST)}, kept in {self.suite.folder}",
            f"How to fix: {self._command('push')}",
        ]

    def _lost(self, names: Iterable[str]) -> Iterator[str]:
        """Yield the lines to print about locked revisions that nobody without a copy can download."""
        for name in names:
            yield f"in {self.suite.lock.name} only: revision {name[:_SHORT]} is not at {self.suite.url}"
            yield f"How to fix: correct the URL in {self.suite.lock.name}, or restore the files in the storage."

    def adopt(self, folder: Path) -> None:
        """Copy the cassettes of a local folder into the suite; `push` uploads them."""
        with self._held():
            for path in cassettes_below(folder):
                replace_bytes(self.suite.folder / path.relative_to(folder), path.read_bytes())

    def fetched(self, name: str, digest: str) -> bytes:
        """Return the content of a recording with this digest."""
        return self._store.read(recording_object(name, digest))

    def revision(self) -> Revision:
        """Return the locked revision; without one, the union of all revisions at the URL that no other replaces."""
        names = revisions_in(self.suite.lock, self.suite.url) or self._others(self._store.revisions(), ())
        return Revision((), self._digests(names))

    # -- the folder

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Lock out other processes, including those that use another suite of the same lock file."""
        while True:
            with create(self.suite.of_lock / "held") as file:
                lock(file.fileno(), self.suite.lock, LOCK_TIMEOUT * 20)
                if not os.fstat(file.fileno()).st_nlink:
                    continue  # the cache was removed while we waited
                try:
                    yield
                finally:
                    unlock(file.fileno())
                return

    def _local(self) -> dict[str, str]:
        """Return the digest of each cassette in the folder by name, after merging the journals of killed runs."""
        folder, found = self.suite.folder, {}
        for path in cassettes_below(folder) if folder.is_dir() else ():
            if journal_of(path).exists():
                fold(path)
            if path.is_file() and path.suffix != ".har":
                found[path.relative_to(folder).as_posix()] = digest_of(path.read_bytes())
        return found

    def _merged_revisions(self) -> tuple[str, ...]:
        """Return the revisions that were merged into the folder."""
        path = self.suite.folder / _MERGED
        return tuple(path.read_text("ascii").split()) if path.is_file() else ()

    def _record_revisions(self, names: Iterable[str]) -> None:
        replace_bytes(self.suite.folder / _MERGED, " ".join(names).encode())

    def _follow_lock(self) -> None:
        wanted, taken = revisions_in(self.suite.lock, self.suite.url), self._merged_revisions()
        if {*wanted} == {*taken}:
            self._apply(self._digests(taken), self._digests(taken))
            return
        self._apply(self._digests(taken), self._digests(wanted[:1]))
        self._record_revisions(wanted[:1])
        for name in wanted[1:]:  # a conflict of two branches
            self._merge_revision(name)

    def _merge_revision(self, name: str) -> None:
        """Merge another revision into the folder."""
        taken = self._merged_revisions()
        base = common_ancestor(taken[0], name, self._store.revision) if taken else None
        self._apply(self._digests((base,) if base else ()), self._store.revision(name).digests)
        self._record_revisions((*taken, name))

    def _digests(self, names: Sequence[str]) -> dict[str, str]:
        merged: dict[str, str] = {}
        for name in reversed(names):
            merged |= self._store.revision(name).digests
        return merged

    def _apply(self, base: Mapping[str, str], theirs: Mapping[str, str]) -> None:
        """Apply to the folder the changes from ``base`` to ``theirs``; local changes are kept or merged."""
        local = self._local()
        changed = [name for name in {**base, **theirs} if theirs.get(name) not in (local.get(name), base.get(name))]
        changed += [name for name in theirs if name not in local and name not in changed]
        self._store.read_all(recording_object(name, theirs[name]) for name in changed if name in theirs)
        for name in changed:
            was, here, there = base.get(name), local.get(name), theirs.get(name)
            if here in (was, None):
                self._replace_file(name, here, there)
            elif there is not None:
                self._merge(name, was, here, there)

    def _replace_file(self, name: str, here: str | None, there: str | None) -> None:
        data = self.fetched(name, there) if there is not None else None
        with self._unrecorded(name, here) as path:
            if data is None:
                path.unlink(missing_ok=True)
            else:
                replace_bytes(path, data)

    def _merge(self, name: str, was: str | None, here: str, there: str) -> None:
        """Merge exchange by exchange; conflicting changes are written between conflict markers."""
        texts = [b"" if digest is None else self.fetched(name, digest) for digest in (was, there)]
        with self._unrecorded(name, here) as path:
            base, ours, theirs = (
                data.decode("utf-8", "surrogateescape") for data in (texts[0], path.read_bytes(), texts[1])
            )
            merged = merge(Sides(base, ours, theirs))
            replace_bytes(path, merged.text.encode("utf-8", "surrogateescape"))
        if merged.conflicts:
            self._conflicts.append(f"{path}: {', '.join(merged.conflicts)}")

    @contextmanager
    def _unrecorded(self, name: str, digest: str | None) -> Iterator[Path]:
        """Hold the journal of a file while it is replaced; raises `CassetteBusy` if another run is recording it."""
        path = self.suite.folder / name
        with Journal(path).held() as journal:
            if read_frames(journal.read()) or (digest_of(path.read_bytes()) if path.exists() else None) != digest:
                journal.close()
                msg = f"{path} is being recorded by another run\nHow to fix: run this again when that one has ended."
                raise CassetteBusy(msg)
            try:
                yield path
            finally:
                journal.remove()

    # -- the URL

    def _others(self, revisions: Mapping[str, Revision], taken: Sequence[str] | None = None) -> list[str]:
        """Return the newest revisions at the URL that are not among the ancestors of those ``taken``."""
        older = {parent for each in revisions.values() for parent in each.parents}
        for name in self._merged_revisions() if taken is None else taken:
            older |= {*ancestors(name, self._store.revision)}
        return sorted({*revisions} - older)

    def _publish(self, local: Mapping[str, str]) -> Result:
        """Lock the revision with the content of the folder; upload it first if none has this content."""
        if self._conflicts:
            return self._result()
        parents = self._merged_revisions()
        name, changes = self._equal(parents, local), "nothing to upload"
        if name is None and (parents or local):
            changes = _changes(self._digests(parents), local)
            name = self._upload(Revision(parents, local))
        if name is None:
            return Result((f"{self.suite.url}: no cassettes in {self.suite.folder}",))
        if revisions_in(self.suite.lock, self.suite.url) != (name,):
            write_line(self.suite.lock, self.suite.url, name, len(local))
            changes += f"; commit {self.suite.lock.name}"
        self._record_revisions((name,))
        return Result((f"{self.suite.url}: revision {name[:_SHORT]}, {plural(len(local), 'cassette')}: {changes}",))

    def _equal(self, parents: Sequence[str], local: Mapping[str, str]) -> str | None:
        """Return the parent revision that has exactly these recordings and descends from all other parents."""
        for name in parents:
            if self._store.revision(name).digests == local and (
                len(parents) == 1 or {*parents} <= {*ancestors(name, self._store.revision)}
            ):
                return name
        return None

    def _upload(self, revision: Revision) -> str:
        known = {
            recording_object(*each) for name in revision.parents for each in self._store.revision(name).digests.items()
        }
        new: dict[Object, bytes] = {}
        for name, digest in revision.digests.items():
            if (target := recording_object(name, digest)) not in known:
                new[target] = self._checked(self.suite.folder / name)
        self._store.write_all(new)
        name = digest_of(revision.data)
        # Last, so that readers find all of its recordings.
        self._store.write_all({revision_object(name): revision.data})
        return name

    def _checked(self, path: Path) -> bytes:
        """Return the content of a file; raises `CassetteError` if it must not be uploaded."""
        CassetteFile.read(path)
        data = path.read_bytes()
        for finding, line in leak_findings(data, Scrubber(self._keys)):
            problem = f"{path}:{line} contains a secret, and nothing was uploaded: {finding.actual}"
            msg = f"{problem}\nHow to fix: {finding.how_to_fix}."
            raise CassetteError(msg)
        return data

    # -- words

    def _command(self, action: str) -> str:
        """Return the full command, with the URL: the lock file may not name the suite yet."""
        return f"sls-contract cassettes {action} {quote(self.suite.url)}"

    def _summary(self) -> str:
        names = self._merged_revisions()
        revisions, size = " and ".join(name[:_SHORT] for name in names), plural(len(self._digests(names)), "cassette")
        known = f"revision {revisions}, {size}"
        none = f"no revision in {self.suite.lock.name} yet"
        return f"{self.suite.url}: {known if names else none}; files: {self.suite.folder}"

    def _result(self, *lines: str) -> Result:
        conflicts = [f"changed here and there: {each}" for each in self._conflicts]
        if conflicts:
            conflicts.append(
                "How to fix: keep one version of each exchange, delete the marker lines, then run "
                f"{self._command('push')}"
            )
        return Result((*lines, *conflicts), clean=not conflicts)


def _changes(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Summarise the changed recordings in a line."""
    kinds = {
        "new": [name for name in new if name not in old],
        "changed": [name for name in new if name in old and old[name] != new[name]],
        "gone": [name for name in old if name not in new],
    }
    changes = [f"{kind}: {first_few(sorted(names), _MOST)}" for kind, names in kinds.items() if names]
    return "; ".join(changes) or "the same cassettes"
