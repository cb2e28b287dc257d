"""The language of texts for people: English, or Chinese if their environment selects it.

All data is English: messages of errors, findings, reports as JSON, cassettes. Texts are translated when they are shown:
`translated` returns a text in the language that `use_language` or `language_of` selected. English needs no catalogue.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sls_contract.locale.catalogue import Catalogue

VARIABLE = "SLS_CONTRACT_LANG"
"""The environment variable that chooses the language: ``zh_CN``, ``zh`` or ``en``."""

_CHINESE = ("zh", "zh_cn", "zh_sg", "zh_hans")  # simplified characters; for zh_TW and zh_HK texts are English
_catalogue: Catalogue | None = None


def is_chinese(environ: Mapping[str, str]) -> bool:
    """Return whether the environment selects simplified Chinese.

    SLS_CONTRACT_LANG decides if it is set, else the locale as gettext reads it: LC_ALL, LC_MESSAGES or LANG. Unless
    that locale is C, LANGUAGE replaces it by a list of languages, of which the first counts.
    """
    if (chosen := environ.get(VARIABLE)) is None:
        locale = next(filter(None, (environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "C")
        plain = locale.partition(".")[0] in {"C", "POSIX"}
        chosen = locale if plain else environ.get("LANGUAGE", "").partition(":")[0] or locale
    name = chosen.partition(".")[0].partition("@")[0].replace("-", "_").lower()
    return name in _CHINESE or name.startswith("zh_hans_")


def use_language(environ: Mapping[str, str]) -> None:
    """Use the language of the environment for texts in this process from now on."""
    global _catalogue  # noqa: PLW0603 - a process has one reader, and every function that prints would need a parameter
    if not is_chinese(environ):
        _catalogue = None
        return
    from sls_contract.locale.catalogue import chinese

    try:
        _catalogue = chinese()
    except OSError:  # a copy of the package without the catalogue
        _catalogue = None


@contextmanager
def language_of(environ: Mapping[str, str]) -> Iterator[None]:
    """Use the language of the environment for texts inside the block."""
    global _catalogue  # noqa: PLW0603 - as above
    before = _catalogue
    use_language(environ)
    try:
        yield
    finally:
        _catalogue = before


def translated(text: str, *, alone: bool = False) -> str:
    """Return the text in the language of the reader; a text without translation is returned unchanged.

    Args:
        text: one line or several, with the values filled in.
        alone: the text is a heading, a cell or a label; only there are single words translated.

    """
    return text if _catalogue is None else _catalogue.translated(text, alone=alone)


def translated_page(page: str) -> str:
    """Return an HTML page in the language of the reader; ``code`` and ``pre`` elements stay as they are."""
    if _catalogue is None:
        return page
    from sls_contract.locale.markup import translated_html

    return translated_html(page, _catalogue)


def translated_markdown(line: str) -> str:
    """Return a line of Markdown in the language of the reader; text between backticks stays as it is."""
    if _catalogue is None:
        return line
    from sls_contract.locale.markup import translated_line

    return translated_line(line, _catalogue)


def translating(stream: IO[str]) -> IO[str]:
    """Return a stream that translates the texts written to it; the stream itself if the language is English."""
    return stream if _catalogue is None else cast("IO[str]", _Translating(stream))


def for_programs(stream: IO[str]) -> IO[str]:
    """Return the stream without translation, for output that programs read."""
    return stream.stream if isinstance(stream, _Translating) else stream


class _Translating:
    """A text stream that translates each text into the language of the reader."""

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
