"""Parse YAML and JSON safely: every fault of a text becomes one `NotReadable` with a line."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from sls_contract.checks.json_grammar import json_fault
from sls_contract.checks.strict_json import repeated_keys
from sls_contract.safe_yaml import Ambiguous, TooDeep, composed, is_too_deep

if TYPE_CHECKING:
    import yaml

_DEEP = "too deeply nested for a cassette"


class NotReadable(Exception):
    """A text is neither YAML nor JSON; ``line`` counts from 1, and is None where the parser reports none."""

    def __init__(self, line: int | None, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


def parse_block_yaml(text: str, line: int = 1) -> object:
    """Parse a block that was edited or reformatted: a list with one item, which is returned.

    ``line`` is the line of the file at which it begins; `NotReadable` counts from the start of the file.
    """
    items, _ = parse_yaml(text, line - 1)
    if not isinstance(items, list) or len(items) != 1:
        raise NotReadable(line, "an exchange must be one item of the list of interactions")
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


def parse_yaml(text: str, above: int = 0) -> tuple[object, list[int | None]]:
    """Parse a YAML document, with ``above`` lines of its file before it; return its value and each interaction's line.

    Raises `NotReadable`.
    """
    try:
        return _parsed_yaml(text, above)
    except NotReadable as error:
        raise NotReadable(None if error.line is None else error.line + above, error.reason) from None


def _parsed_yaml(text: str, above: int) -> tuple[object, list[int | None]]:
    import yaml

    loader = _loader()(text)
    try:
        node = composed(loader, text)
        lines = _interaction_lines(node)
        return _constructed(loader, node, text), lines
    except Ambiguous as fault:
        raise NotReadable(fault.line, f"not YAML of a cassette: {fault.described(above)}") from None
    except TooDeep as fault:
        raise NotReadable(fault.line, _DEEP) from None
    except yaml.YAMLError as error:
        raise _not_yaml(text, error) from None
    except (ValueError, TypeError):
        raise NotReadable(None, "not YAML: a date or number in it does not exist, or is too long") from None
    except RecursionError:
        raise NotReadable(None, _DEEP) from None
    finally:
        loader.dispose()


def _constructed(loader: yaml.CSafeLoader, node: yaml.Node | None, text: str) -> object:
    """Construct the value. vcrpy constructs Python tags: it knows which of them its old versions wrote and are safe."""
    import yaml

    try:
        return None if node is None else loader.construct_document(node)
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
    if mark is not None and is_too_deep(text[: mark.index]):
        return NotReadable(line, _DEEP)
    return NotReadable(line, "not YAML: a quote, bracket, colon or indentation is wrong there or before")


@cache
def _loader() -> type[Any]:
    """Return a safe loader class, libyaml's where it is available."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)
