"""Open local files and fsspec URLs, and list the files at or below them."""

from __future__ import annotations

import glob
import os
import re
import socket
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPException
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from sls_contract.errors import CassetteError, UsageError
from sls_contract.exchange import masked_url, split_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)  # two letters or more: C:\ is a drive


class _Storage(NamedTuple):
    """The properties of a kind of storage.

    Attributes:
        extra: the extra of this package that installs its library.
        fresh: options that keep its library from returning outdated listings.
        slashes: whether its listings begin paths with ``/``, which is not part of them, and end folders with one.

    """

    extra: str = "scale"
    fresh: Mapping[str, bool] = {"use_listings_cache": False}
    slashes: bool = False


_STORAGES = {
    "s3": _Storage("s3"),
    "s3a": _Storage("s3"),
    "oss": _Storage("oss", {"skip_instance_cache": True}, slashes=True),  # it lists nothing without its cache
}
_ANY_OTHER = _Storage()
_FIRST_ERROR_STATUS = 400
_FIRST_SERVER_ERROR = 500
_DENIED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
_ALLOW = (
    "How to fix: give the account that is used the permission, or set the credentials of another one as the library of "
    "the storage reads them."
)
_TRY_AGAIN = "How to fix: run the command again; if it fails again, check the network and the host in the URL."
_NOT_FOUND = "How to fix: correct the URL, or put there what is missing."
_UNKNOWN = "How to fix: correct the URL, or set the credentials that the library of the storage reads."
_CUT = {"ClientConnectionError", "ClientPayloadError"}  # of aiohttp, which only the extras install
UNKNOWN_SIZE = 1024 * 1024  # bytes, assumed for a remote file
_GLOB = re.compile(r"[*?\[]")


def is_url(text: str) -> bool:
    """Return whether a name is a URL (``s3://bucket/key``) and not a local path."""
    return _SCHEME.match(text) is not None


def has_glob(text: str) -> bool:
    """Return whether a name contains ``*``, ``?`` or ``[``."""
    return _GLOB.search(text) is not None


def folder_of(name: str) -> str:
    """Return a path or URL up to the last folder before ``*``, ``?`` or ``[``; without these, the whole name."""
    found = _GLOB.search(name)
    return name if found is None else name[: found.start()].rpartition("/")[0] or "."


def size_of(source: str) -> int:
    """Return the size of a local file in bytes; for a remote one, a size that justifies a worker process."""
    try:
        return UNKNOWN_SIZE if is_url(source) else os.path.getsize(source)  # noqa: PTH202 - a path or a URL, as text
    except OSError:  # reported when it is read
        return 0


@contextmanager
def reading(source: str) -> Iterator[IO[bytes]]:
    """Open a path or URL for reading; any error from a URL becomes a `CassetteError`."""
    if not is_url(source):
        with open(source, "rb") as file:  # noqa: PTH123 - a path or a URL, as text
            yield file
        return
    with storage_errors(source):
        filesystem, path = filesystem_of(source)
        file = filesystem.open(path, "rb")
    with file:  # what a caller raises here is no error of the storage
        yield _Transfer(source, file)  # type: ignore[misc]  # only `read` is used


class _Transfer:
    """A remote file that was opened; says of an error whether the transfer ended early."""

    def __init__(self, url: str, file: IO[bytes]) -> None:
        self._url, self._file, self._begun = url, file, False

    def read(self, size: int = -1) -> bytes:
        """Read the next bytes; raises `CassetteError`."""
        try:
            with storage_errors(self._url):
                data = self._file.read(size)
        except CassetteError as error:
            cause = error.__cause__
            if not isinstance(cause, Exception) or (not self._begun and _was_refused(cause)):
                raise
            reason = " ".join(_reason_of(cause).split())
            msg = (
                f"{self._url} cannot be read to its end: the transfer ended early: {reason}. "
                "How to fix: run the command again; if that ends early, too, download the file and name the copy."
            )
            raise CassetteError(msg) from cause
        self._begun |= bool(data)
        return data


def _was_refused(error: Exception) -> bool:
    """Return whether a storage responded that a file may not be read, or is none; some tell it at the first read."""
    status = getattr(error, "status", None)
    refused = isinstance(status, int) and status >= _FIRST_ERROR_STATUS
    kinds = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)
    return refused or isinstance(error, kinds) or getattr(error, "response", None) is not None


def _reason_of(error: Exception) -> str:
    words = (getattr(error, "strerror", None), getattr(error, "message", None), str(error), type(error).__name__)
    return str(next(filter(None, words)))


def matching_paths(pattern: str) -> list[str]:
    """Return the local files and folders that a pattern matches (``**``: any folders), sorted."""
    return sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - a pattern may be absolute


def files_at(url: str) -> list[str]:
    """Return the URLs of all files at or below a URL, sorted; ``*``, ``**`` and ``?`` match as in a shell.

    The URL of a file or folder that exists is not a pattern. Raises `CassetteError` if the storage cannot be read,
    `UsageError` if there is no file.
    """
    with storage_errors(url):
        filesystem, path = filesystem_of(url)
        if _is_web_file(filesystem, path):
            return [url]
        found = set(filesystem.find(path))
        if not found and has_glob(path):
            found = {file for name in _glob(url, filesystem, path) for file in filesystem.find(name)}
    # A name that ends with a slash stands for a folder: consoles of object storage store an empty object for it.
    found = {name for name in found if name == path or not name.endswith("/")}
    if not found:
        msg = f"{url} cannot be read: there is no file. How to fix: name a file, a folder or a pattern that exists."
        raise UsageError(msg)
    if found == {path}:
        return [url]
    return [str(filesystem.unstrip_protocol(name)) for name in sorted(found)]


def _is_web_file(filesystem: Any, path: str) -> bool:
    """Return whether a web server has a file at a URL, not a page with links; `find` would download it to see that."""
    if "http" not in filesystem.protocol:
        return False
    return "html" not in str(filesystem.info(path).get("mimetype", ""))


def _glob(url: str, filesystem: Any, pattern: str) -> list[str]:
    """Return the files and folders that a pattern matches."""
    patterns = [pattern, f"{pattern}/"] if _storage_of(url).slashes else [pattern]
    return [name for each in patterns for name in filesystem.glob(each)]


def _storage_of(url: str) -> _Storage:
    found = _SCHEME.match(url)
    return _STORAGES.get(found[1].lower(), _ANY_OTHER) if found else _ANY_OTHER


def filesystem_of(url: str) -> tuple[Any, str]:
    """Return fsspec's file system for a URL, and the path there.

    Raises `UsageError` naming the extra to install, and as `refuse_credentials` does.
    """
    refuse_credentials(url)
    storage = _storage_of(url)
    try:
        from fsspec.core import url_to_fs

        filesystem, path = url_to_fs(url, **storage.fresh)
    except ImportError as error:
        msg = (
            f"{url} needs a library that is not installed ({error}). "
            f"How to fix: pip install 'sls-contract[{storage.extra}]'."
        )
        raise UsageError(msg) from error
    except ValueError as error:
        msg = f"{url} cannot be read: {error}. How to fix: name a path, or a URL such as s3://bucket/folder."
        raise UsageError(msg) from error
    return filesystem, path.lstrip("/") if storage.slashes else path


def refuse_credentials(url: str) -> None:
    """Raise `UsageError` for a URL that contains credentials: reports print URLs."""
    if (shown := masked_url(url)) != "{}://{}{}".format(*split_url(url)):
        msg = (
            f"expected a URL without credentials, got {shown!r}. How to fix: pass credentials as the library of the "
            "storage reads them, such as AWS_ACCESS_KEY_ID; download what only a signed URL opens."
        )
        raise UsageError(msg)


@contextmanager
def storage_errors(url: str, done: str = "read") -> Iterator[None]:
    """Convert any error of a storage library to a `CassetteError` that names the URL and what could not be ``done``."""
    try:
        yield
    except (UsageError, CassetteError, GeneratorExit):
        raise
    except Exception as error:  # each storage raises errors of its own library
        msg = f"{url} cannot be {done}: {_reason_of(error)}\n{_fix_of(error)}"
        raise CassetteError(msg) from error


def _fix_of(error: Exception) -> str:
    """Return how to fix an error of a storage: the first kind that is known, from the outside inwards.

    A file that was not found is looked at last: fsspec raises that for any error of a web server, and wraps the error.
    """
    from sls_contract.cassettes.recorder.failures import causes

    met = list(causes(error))
    for each in met:
        status = _status_of(each)
        if isinstance(each, PermissionError) or status in _DENIED:
            return _ALLOW
        if _is_passing(each, status):
            return _TRY_AGAIN
        if status == HTTPStatus.NOT_FOUND:
            return _NOT_FOUND
    return _NOT_FOUND if any(isinstance(each, FileNotFoundError) for each in met) else _UNKNOWN


def _status_of(error: BaseException) -> int:
    """Return the status of the response that a library raised as an error; 0: there was none."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):  # botocore
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    else:
        status = getattr(error, "status", None) or getattr(response, "status_code", None)
    return status if isinstance(status, int) else 0


def _is_passing(error: BaseException, status: int) -> bool:
    """Return whether the connection failed, or the storage is overloaded; some classes of aiohttp are no `OSError`."""
    from sls_contract.transport.failures import is_unreachable

    names = {each.__name__ for each in type(error).__mro__}
    kinds = (ConnectionError, TimeoutError, socket.gaierror, HTTPException)
    failed = isinstance(error, kinds) or is_unreachable(error) or not names.isdisjoint(_CUT)
    return failed or status in _LATER or status >= _FIRST_SERVER_ERROR
