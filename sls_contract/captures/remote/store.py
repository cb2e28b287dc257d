"""Objects at a URL, named by their digests, and copies of them on this machine.

Objects are written once and never changed: recordings first, their revision last. A reader comes to a recording by a
revision only, and both are compared with their digests, so nobody uses half a file, whatever a killed upload left.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from sls_contract.captures.remote.revision import Revision, digest_of, revision_of
from sls_contract.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_AT_ONCE = 16  # requests: a suite of a thousand cassettes takes seconds, not a minute
_TEXT = ".txt"
_FOLDERS = {"file", "local", "ftp", "sftp", "ssh", "smb", "hdfs"}
"""Storages in which a folder must be made before its files."""


class NotCached(Exception):
    """An object is not on this machine, and the storage may not be asked."""


class DamagedObject(CassetteError):
    """An object is not what was uploaded under its name."""


class Object(NamedTuple):
    """An object: the digest of its content, and its path below the URL."""

    digest: str
    path: str


def recording_object(name: str, digest: str) -> Object:
    """Return the object of a recording; the path ends in its name, by which people and `check` know it."""
    return Object(digest, f"objects/{digest[:16]}/{name}")


def revision_object(name: str) -> Object:
    """Return the object of a revision."""
    return Object(name, f"revisions/{name}{_TEXT}")


class Store:
    """What a URL has; objects that were read or written once are kept on this machine.

    Raises `CassetteError` where the storage fails, `UsageError` where its library is missing; `NotCached` where
    ``offline`` and an object is not on this machine.
    """

    def __init__(self, url: str, cache: Path, *, offline: bool = False) -> None:
        self.url = url
        self._cache = cache / "objects"
        self._offline = offline

    def read(self, wanted: Object) -> bytes:
        """Return the content of an object; one that is damaged on this machine is downloaded again."""
        kept = self._kept(wanted)
        try:
            data = kept.read_bytes()
        except FileNotFoundError:
            data = b""
        if digest_of(data) != wanted.digest:
            data = self._download(wanted)
            replace_bytes(kept, data)
        return data

    def read_all(self, wanted: Iterable[Object]) -> None:
        """Bring objects to this machine, several at once."""
        self._at_once(self.read, [(each,) for each in dict.fromkeys(wanted)])

    def revision(self, name: str) -> Revision:
        """Return a revision."""
        try:
            return revision_of(self.read(revision_object(name)))
        except ValueError as error:
            msg = (
                f"{self._place(revision_object(name))} is no revision: {error}\n"
                "How to fix: pip install --upgrade sls-contract"
            )
            raise DamagedObject(msg) from error

    def write_all(self, objects: Mapping[Object, bytes]) -> None:
        """Upload objects, several at once, and keep copies."""
        self._at_once(self._write, list(objects.items()))

    def revisions(self) -> dict[str, Revision]:
        """Return all revisions at the URL; one that is still being written, or was cut off, is left out."""
        from sls_contract.captures.storage import storage_errors

        filesystem, root = self._filesystem
        with storage_errors(self.url):
            filesystem.invalidate_cache()
            files = filesystem.find(f"{root}/revisions")
        names = [file.rpartition("/")[2].removesuffix(_TEXT) for file in files if file.endswith(_TEXT)]
        found = zip(names, self._at_once(self._whole, [(name,) for name in names]), strict=True)
        return {name: each for name, each in found if each is not None}

    def _whole(self, name: str) -> Revision | None:
        try:
            return self.revision(name)
        except DamagedObject:
            return None

    @cached_property
    def _filesystem(self) -> tuple[Any, str]:
        from sls_contract.captures.storage import filesystem_of, storage_errors

        with storage_errors(self.url):
            filesystem, root = filesystem_of(self.url)
        return filesystem, root.rstrip("/")

    def _download(self, wanted: Object) -> bytes:
        from sls_contract.captures.storage import storage_errors

        if self._offline:
            raise NotCached(wanted.path)
        filesystem, root = self._filesystem
        with storage_errors(self._place(wanted)):
            data: bytes = filesystem.cat_file(f"{root}/{wanted.path}")
        if digest_of(data) != wanted.digest:
            msg = (
                f"{self._place(wanted)} is not what was uploaded: its digest is {digest_of(data)}\n"
                f"How to fix: replace it by {self._kept(wanted)} of a machine on which the tests pass."
            )
            raise DamagedObject(msg)
        return data

    def _write(self, target: Object, data: bytes) -> None:
        from sls_contract.captures.storage import storage_errors

        filesystem, root = self._filesystem
        path = f"{root}/{target.path}"
        with storage_errors(self._place(target), "written"):
            if _FOLDERS & {filesystem.protocol, *filesystem.protocol}:
                filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)  # which makes a bucket in others
            if _size(filesystem, path) != len(data):  # else somebody may be reading it
                filesystem.pipe_file(path, data)
        replace_bytes(self._kept(target), data)

    def _at_once(self, work: Any, arguments: list[tuple[Any, ...]]) -> list[Any]:
        if len(arguments) > 1 and not self._offline:
            _ = self._filesystem  # made once, in this thread
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(work, *zip(*arguments, strict=True))) if arguments else []

    def _kept(self, each: Object) -> Path:
        return self._cache / each.digest[:2] / each.digest

    def _place(self, each: Object) -> str:
        return f"{self.url}/{each.path}"


def _size(filesystem: Any, path: str) -> int | None:
    try:
        size: int = filesystem.info(path)["size"]
    except FileNotFoundError:
        return None
    return size


def replace_bytes(path: Path, data: bytes) -> None:
    """Put a whole file in the place of whatever stands there; raises `CassetteError`."""
    spare = path.with_name(f"{path.name[:100]}.{os.urandom(6).hex()}.writing")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        spare.write_bytes(data)
        spare.replace(path)
    except OSError as error:
        with suppress(OSError):
            spare.unlink()
        msg = (
            f"{path} cannot be written: {error.strerror or error}\n"
            "How to fix: free space on the disk, or name a folder that is writable: XDG_CACHE_HOME."
        )
        raise CassetteError(msg) from error
