"""The language in which people read: English, or Chinese where their environment says so.

All data is English: messages of errors, findings, reports as JSON, cassettes. Texts are translated where they are
shown: `translated` gives a text in the language that `use` or `speaking` chose. English costs nothing.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sls_contract.locale.catalogue import Catalogue

VARIABLE = "SLS_CONTRACT_LANG"
"""The environment variable that chooses the language: ``zh_CN``, ``zh`` or ``en``."""

_CHINESE = ("zh", "zh_cn", "zh_sg", "zh_hans")  # who reads traditional characters gets English
_catalogue: Catalogue | None = None


def is_chinese(environ: Mapping[str, str]) -> bool:
    """Tell whether the environment asks for Chinese.

    SLS_CONTRACT_LANG decides where it is set, else the locale as gettext reads it: LC_ALL, LC_MESSAGES or LANG, in the
    place of which LANGUAGE lists languages, unless that locale is C.
    """
    if (chosen := environ.get(VARIABLE)) is None:
        locale = next(filter(None, (environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "C")
        plain = locale.partition(".")[0] in {"C", "POSIX"}
        chosen = locale if plain else environ.get("LANGUAGE", "").partition(":")[0] or locale
    name = chosen.partition(".")[0].partition("@")[0].replace("-", "_").lower()
    return name in _CHINESE or name.startswith("zh_hans_")


def use(environ: Mapping[str, str]) -> None:
    """Show texts in the language of the environment from now on, in this process."""
    global _catalogue  # noqa: PLW0603 - a process has one reader; handing the language to all that shows text names it everywhere
    if not is_chinese(environ):
        _catalogue = None
        return
    from sls_contract.locale.catalogue import chinese

    try:
        _catalogue = chinese()
    except OSError:  # a copy of the package without it: English is better than nothing
        _catalogue = None


@contextmanager
def speaking(environ: Mapping[str, str]) -> Iterator[None]:
    """Show texts in the language of the environment inside the block."""
    global _catalogue  # noqa: PLW0603 - as above
    before = _catalogue
    use(environ)
    try:
        yield
    finally:
        _catalogue = before


def translated(text: str, *, alone: bool = False) -> str:
    """Return the text in the language of the reader; what has no translation stays as it is.

    Args:
        text: one line or several, with whatever values are filled in.
        alone: the text stands alone, as a heading or in a cell; single words are translated there only.

    """
    return text if _catalogue is None else _catalogue.translated(text, alone=alone)


def translated_page(page: str) -> str:
    """Return an HTML page in the language of the reader: its texts, not what stands in ``code`` and ``pre``."""
    if _catalogue is None:
        return page
    from sls_contract.locale.markup import translated_html

    return translated_html(page, _catalogue)


def translated_markdown(line: str) -> str:
    """Return a line of Markdown in the language of the reader: its texts, not what stands between backticks."""
    if _catalogue is None:
        return line
    from sls_contract.locale.markup import translated_line

    return translated_line(line, _catalogue)


def reading(stream: IO[str]) -> IO[str]:
    """Return the stream, or what translates each text on its way into it."""
    return stream if _catalogue is None else cast("IO[str]", _Translating(stream))


def for_programs(stream: IO[str]) -> IO[str]:
    """Return the stream itself, for what programs read."""
    return stream.stream if isinstance(stream, _Translating) else stream


class _Translating:
    """A text stream whose readers are people."""

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write the text in the language of the reader."""
        return self.stream.write(translated(text))

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each line in the language of the reader."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)
