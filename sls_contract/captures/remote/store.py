"""Objects at a URL, named by their digests, and their local copies.

Objects are written once and never changed: first the recordings, then their revision. Recordings are found through a
revision only, and every digest is compared, so an interrupted upload is never used.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from sls_contract.captures.remote.revision import Revision, digest_of, revision_of
from sls_contract.errors import CassetteError
from sls_contract.files import check_file_name, replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_AT_ONCE = 16  # parallel requests: a suite of a thousand cassettes takes seconds, not a minute
_TEXT = ".txt"
_FOLDERS = {"file", "local", "ftp", "sftp", "ssh", "smb", "hdfs"}
"""Storages in which folders must be created before their files."""


class NotCached(Exception):
    """The object has no local copy, and the storage may not be used."""


class DamagedObject(CassetteError):
    """The content of an object does not have the digest of its name."""


class Object(NamedTuple):
    """An object: the digest of its content, and its path below the URL."""

    digest: str
    path: str


def recording_object(name: str, digest: str) -> Object:
    """Return the object of a recording; its path ends in the name that people and `check` know."""
    return Object(digest, f"objects/{digest[:16]}/{name}")


def revision_object(name: str) -> Object:
    """Return the object of a revision."""
    return Object(name, f"revisions/{name}{_TEXT}")


class Store:
    """The objects at a URL; a local copy is kept of each that was read or written.

    Raises `CassetteError` if the storage fails, `UsageError` if its library is missing; `NotCached` if ``offline`` and
    an object has no local copy.
    """

    def __init__(self, url: str, cache: Path, *, offline: bool = False) -> None:
        self.url = url
        self._cache = cache / "objects"
        self._offline = offline

    def read(self, wanted: Object) -> bytes:
        """Return the content of an object; a damaged local copy is downloaded again."""
        path = self._local_path(wanted)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            data = b""
        if digest_of(data) != wanted.digest:
            data = self._download(wanted)
            replace_bytes(path, data)
        return data

    def read_all(self, wanted: Iterable[Object]) -> None:
        """Download objects in parallel."""
        self._at_once(self.read, [(each,) for each in dict.fromkeys(wanted)])

    def revision(self, name: str) -> Revision:
        """Return a revision."""
        try:
            return revision_of(self.read(revision_object(name)))
        except ValueError as error:
            msg = (
                f"{self._place(revision_object(name))} is not a revision: {error}\n"
                "How to fix: pip install --upgrade sls-contract"
            )
            raise DamagedObject(msg) from error

    def write_all(self, objects: Mapping[Object, bytes]) -> None:
        """Upload objects in parallel and keep local copies."""
        self._at_once(self._write, list(objects.items()))

    def revisions(self) -> dict[str, Revision]:
        """Return all revisions at the URL except those that are not completely uploaded."""
        from sls_contract.captures.storage import storage_errors

        filesystem, root = self._filesystem
        with storage_errors(self.url):
            filesystem.invalidate_cache()
            files = filesystem.find(f"{root}/revisions")
        names = [file.rpartition("/")[2].removesuffix(_TEXT) for file in files if file.endswith(_TEXT)]
        found = zip(names, self._at_once(self._complete_revision, [(name,) for name in names]), strict=True)
        return {name: each for name, each in found if each is not None}

    def _complete_revision(self, name: str) -> Revision | None:
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
                f"How to fix: replace it by {self._local_path(wanted)} of a machine on which the tests pass."
            )
            raise DamagedObject(msg)
        return data

    def _write(self, target: Object, data: bytes) -> None:
        from sls_contract.captures.storage import storage_errors

        filesystem, root = self._filesystem
        path = f"{root}/{target.path}"
        with storage_errors(self._place(target), "written"):
            if _FOLDERS & {filesystem.protocol, *filesystem.protocol}:
                filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)  # in others this would create a bucket
            if _remote_size(filesystem, path) != len(data):  # a reader may be using one that is there
                filesystem.pipe_file(path, data)
        replace_bytes(self._local_path(target), data)

    def _at_once(self, work: Any, arguments: list[tuple[Any, ...]]) -> list[Any]:
        if len(arguments) > 1 and not self._offline:
            _ = self._filesystem  # created once, in this thread
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(work, *zip(*arguments, strict=True))) if arguments else []

    def _local_path(self, each: Object) -> Path:
        return self._cache / each.digest[:2] / each.digest

    def _place(self, each: Object) -> str:
        return f"{self.url}/{each.path}"


def _remote_size(filesystem: Any, path: str) -> int | None:
    try:
        size: int = filesystem.info(path)["size"]
    except FileNotFoundError:
        return None
    return size


def replace_bytes(path: Path, data: bytes) -> None:
    """Replace a file atomically; raises `CassetteError`, and `UsageError` for a name that cannot be written."""
    with _written(path):
        replace_file(path, data)


def create(path: Path) -> BinaryIO:
    """Open a file for writing, and create it if it is missing; raises as `replace_bytes` does."""
    with _written(path):
        return path.open("ab")


@contextmanager
def _written(path: Path) -> Iterator[None]:
    check_file_name(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        msg = (
            f"{path} cannot be written: {error.strerror or error}\n"
            "How to fix: free space on the disk, or name a folder that is writable: XDG_CACHE_HOME."
        )
        raise CassetteError(msg) from error
