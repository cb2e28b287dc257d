"""Compose YAML safely: refuse what PyYAML accepts, loses or dies of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

_MAX_DEPTH = 100  # a cassette needs 6, a contract 20
_MAY_BE_DEEP = ("- - - - ", "? ? ? ? ", "\n" + 300 * " ")
_MANY_BRACKETS = 2000


class TooDeep(Exception):
    """A text nests more levels than libyaml's stack bears; ``line`` counts from 1, None where it is not known."""

    def __init__(self, line: int | None) -> None:
        super().__init__("too deeply nested")
        self.line = line


class Ambiguous(Exception):
    """A value that contains itself, or a repeated key, of which PyYAML keeps the last.

    Attributes:
        line: where the value begins, or the key is repeated; counts from 1.
        key: the repeated key; None for a value that contains itself.
        first: the line where the key is first.

    """

    def __init__(self, line: int, key: str | None = None, first: int = 0) -> None:
        super().__init__(line, key, first)
        self.line, self.key, self.first = line, key, first

    def described(self, above: int = 0) -> str:
        """Describe the fault; ``above`` lines of the file are before the text."""
        if self.key is None:
            return "the value that begins here contains itself: its alias (*) is inside its anchor (&)"
        lines = f"at lines {self.first + above} and {self.line + above}"
        return f"the key {self.key!r} appears twice, {lines}; a merge may have kept both sides"


def composed(loader: Any, text: str) -> yaml.Node | None:
    """Return the root node of the only document of a text, which ``loader`` reads; None for an empty text.

    Raises `TooDeep`, `Ambiguous` and ``yaml.YAMLError``.
    """
    _refuse_depth(type(loader), text)
    try:
        root: yaml.Node | None = loader.get_single_node()
    except RecursionError:
        raise TooDeep(None) from None
    _refuse_ambiguity(root)
    return root


def is_too_deep(text: str) -> bool:
    """Return whether a text opens more brackets than `composed` accepts; newer libyaml refuses them first."""
    return text.count("[") + text.count("{") - text.count("]") - text.count("}") > _MAX_DEPTH


def _refuse_depth(loader: type[Any], text: str) -> None:
    """Refuse nesting that overflows libyaml's stack and kills the process; parse events only of suspicious texts."""
    import yaml

    brackets = text.count("[") + text.count("{")
    if brackets < _MANY_BRACKETS and not any(mark in text for mark in _MAY_BE_DEEP):
        return
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise TooDeep(event.start_mark.line + 1 if event.start_mark else None)


def _refuse_ambiguity(root: yaml.Node | None) -> None:
    """Look into each node once, however many aliases it has."""
    above: set[int] = set()
    done: set[int] = set()
    pending = [] if root is None else [(root, False)]
    while pending:
        node, is_left = pending.pop()
        if is_left:
            above.discard(id(node))
            done.add(id(node))
        elif id(node) in above:
            raise Ambiguous(_line(node))
        elif id(node) not in done and not isinstance(node.value, str):
            above.add(id(node))
            pending.append((node, True))
            pending += [(each, False) for each in reversed(_inside(node))]


def _inside(node: yaml.Node) -> list[yaml.Node]:
    """Return the nodes in a sequence or mapping; refuse a mapping with a repeated key."""
    import yaml

    if not isinstance(node, yaml.MappingNode):
        return list(node.value)
    seen: dict[str, int] = {}
    for key, _ in node.value:
        if isinstance(key.value, str):
            if key.value in seen:
                raise Ambiguous(_line(key), key.value, seen[key.value])
            seen[key.value] = _line(key)
    return [each for pair in node.value for each in pair]


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
