"""Parse YAML and JSON safely: every fault of a text becomes one `NotReadable` with a line."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from sls_contract.checks.json_grammar import json_fault
from sls_contract.checks.strict_json import repeated_keys

if TYPE_CHECKING:
    import yaml

_DEEP = "too deeply nested for a cassette"
_MAX_DEPTH = 100  # a cassette needs 6
_MAY_BE_DEEP = ("- - - - ", "? ? ? ? ", "\n" + 300 * " ")
_MANY_BRACKETS = 2000


class NotReadable(Exception):
    """A text is neither YAML nor JSON; ``line`` counts from 1, and is None where the parser reports none."""

    def __init__(self, line: int | None, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


def parse_block_yaml(text: str) -> object:
    """Parse a block that was edited or reformatted: a list with one item, which is returned."""
    items, _ = parse_yaml(text)
    if not isinstance(items, list) or len(items) != 1:
        raise NotReadable(1, "an exchange must be one item of the list of interactions")
    return items[0]


def parse_document(text: str) -> tuple[object, list[int | None]]:
    """Parse a whole file, YAML or JSON; return its value and the line of each interaction."""
    return (parse_json(text), []) if text.lstrip().startswith("{") else parse_yaml(text)


def parse_json(text: str) -> object:
    """Parse JSON without repeated keys; raises `NotReadable`."""
    repeated: list[tuple[object, str]] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        node = dict(pairs)
        if len(node) < len(pairs):
            repeated.append((node, repeated_keys(pairs)[0]))
        return node

    try:
        value = json.loads(text, object_pairs_hook=members)
    except RecursionError:
        raise NotReadable(None, _DEEP) from None
    except ValueError:
        raise not_json(text) from None
    if repeated:
        node, key = repeated[-1]  # the outermost: inner nodes may have been dropped with a repeated key
        raise NotReadable(None, f"the key {key!r} appears twice in {_pointer(value, node) or 'the outermost object'}")
    return value


def _pointer(value: object, wanted: object) -> str:
    pending = [("", value)]
    for pointer, node in pending:
        if node is wanted:
            return pointer
        children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        pending += [(f"{pointer}/{key}", child) for key, child in children]
    return ""


def not_json(text: str) -> NotReadable:
    """Return the error that says at which line a text is no longer JSON."""
    fault = json_fault(text)
    if fault is None:
        return NotReadable(None, "a number in it is too long")
    return NotReadable(text.count("\n", 0, fault.position) + 1, f"not JSON: expected {fault.expected}")


def parse_yaml(text: str) -> tuple[object, list[int | None]]:
    """Parse a YAML document; return its value and the line of each interaction."""
    import yaml

    loader = _loader()(text)
    try:
        _refuse_depth(text)
        node = loader.get_single_node()
        lines = _interaction_lines(node)
        return _constructed(loader, node, text), lines
    except yaml.YAMLError as error:
        raise _not_yaml(text, error) from None
    except (ValueError, TypeError):
        raise NotReadable(None, "not YAML: a date or number in it does not exist, or is too long") from None
    except RecursionError:
        raise NotReadable(None, _DEEP) from None
    finally:
        loader.dispose()


def _refuse_depth(text: str) -> None:
    """Refuse nesting that overflows libyaml's stack and kills the process; parse events only of suspicious texts."""
    import yaml

    brackets = text.count("[") + text.count("{")
    if brackets < _MANY_BRACKETS and not any(mark in text for mark in _MAY_BE_DEEP):
        return
    depth = 0
    for event in yaml.parse(text, Loader=_loader()):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise NotReadable(event.start_mark.line + 1 if event.start_mark else None, _DEEP)


def _constructed(loader: yaml.CSafeLoader, node: yaml.Node, text: str) -> object:
    """Construct the value. vcrpy constructs Python tags: it knows which of them its old versions wrote and are safe."""
    import yaml

    try:
        return loader.construct_document(node)
    except yaml.constructor.ConstructorError as error:
        if "python/" not in str(error):
            raise
    from vcr.serializers import yamlserializer

    return yamlserializer.deserialize(text)


def _interaction_lines(root: yaml.Node | None) -> list[int | None]:
    import yaml

    pairs = root.value if root is not None and isinstance(root, yaml.MappingNode) else ()
    return [item.start_mark.line + 1 for key, items in pairs if key.value == "interactions" for item in items.value]


def _not_yaml(text: str, error: yaml.YAMLError) -> NotReadable:
    """Name the kind of fault. PyYAML's own messages change with its version, and may quote the file."""
    import yaml

    if isinstance(error, yaml.reader.ReaderError):
        return NotReadable(
            text.count("\n", 0, error.position) + 1, "not YAML: a control character is not allowed there"
        )
    mark = getattr(error, "problem_mark", None)
    line = None if mark is None else int(mark.line) + 1
    if isinstance(error, yaml.constructor.ConstructorError):
        return NotReadable(line, "not YAML of a cassette: an unsupported tag, type of key or binary value")
    if isinstance(error, yaml.composer.ComposerError):
        return NotReadable(line, "not YAML of a cassette: a second document, or an alias without its anchor")
    if mark is not None and _open_brackets(text[: mark.index]) > _MAX_DEPTH:  # newer versions of libyaml refuse them
        return NotReadable(line, _DEEP)
    return NotReadable(line, "not YAML: a quote, bracket, colon or indentation is wrong there or before")


def _open_brackets(text: str) -> int:
    return text.count("[") + text.count("{") - text.count("]") - text.count("}")


@cache
def _loader() -> type[Any]:
    """Return a safe loader class, libyaml's where it is available, that refuses repeated keys."""
    import yaml

    base: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class UniqueKeys(base):  # type: ignore[misc]  # with libyaml or without
        """Refuses a mapping with a repeated key: a merge kept both sides."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - PyYAML's own signature
            seen: set[str] = set()
            for key, _ in node.value:
                name = key.value if isinstance(key.value, str) else ""
                if name and name in seen:
                    reason = f"not YAML: the key {name!r} appears twice; a merge may have kept both sides"
                    raise NotReadable(key.start_mark.line + 1, reason)
                seen.add(name)
            return super().construct_mapping(node, deep)

    return UniqueKeys
