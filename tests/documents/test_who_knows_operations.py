"""Which modules name fields and paths of operations: all others read them in the contracts."""

import ast
import json
import re
from functools import cache
from pathlib import Path

from sentences import nodes_of

import sls_contract
from sls_contract.spec.installation import schema_folder

PACKAGE = Path(sls_contract.__file__).parent
CONTRACTS = schema_folder() / "contracts.jsonl"
EVERYDAY = {"count", "cursor", "from", "id", "key", "name", "order", "query", "status", "timeout", "type", "value"}
"""Names of fields that other things have, too: a text that is one of them tells nothing."""

KNOWING = {
    "checks/consumption.py": "relations between exchanges of different operations: no contract of one says them",
    "checks/consumption_ranges.py": "the ranges of all shards together, and a shard that is listed twice",
    "checks/logs.py": "a pull's next cursor against its request",
    "checks/request_args.py": "logstore, group and shard by the names that paths give them",
    "checks/requests.py": "an operation of the Python SDK that no source describes, so that it has no contract",
    "checks/sequence.py": "what a read shows against what was written",
    "checks/subject.py": "paths that are no other service's, whatever the host",
    "cassettes/scrub/others.py": "keys that hold names, in responses of operations without a contract, too",
    "cassettes/scrub/spellings.py": "words of the service, which are no secrets",
    "cli/serve.py": "options of the endpoint's setting",
    "endpoint/faults/fault.py": "the language of faults has a word for shards",
    "endpoint/faults/language.py": "the same",
    "plugin/options.py": "the option of the logstore",
}
"""Modules that may, and why. The list shrinks; whoever wants to lengthen it asks the contract first."""

KNOWING_ROOMS = {
    "_starter/": "files that init copies, in an installed package",
    "endpoint/state/": "the reference endpoint is those operations",
    "exercise/": "situations of GetCheckPoint, and what a client prints of its entries",
    "scenarios/": "situations and their requests, written out; the model",
    "verification/": "brings about those situations",
}


def fields_and_words():
    """Return the fields of the operations that are known in full, and the words in their paths."""
    fields, words = set(), set()

    def take(value):
        for name, member in value.get("members", {}).items():
            fields.add(name)
            take(member)
        take(value["items"]) if value.get("items") else None

    for line in CONTRACTS.read_text(encoding="utf-8").splitlines()[1:]:
        contract = json.loads(line)
        if contract.get("coverage") == "full":
            fields |= {*contract.get("path_parameters", ()), *contract.get("query", ())}
            for body in (contract.get("body"), contract.get("response")):
                take((body or {}).get("value", {}))
            words |= {each for each in contract["path"].split("/") if each.isalpha()}
    return fields - EVERYDAY, words - EVERYDAY


FIELDS, WORDS = fields_and_words()
PATH = re.compile(rf"/(?:{'|'.join(sorted(WORDS))})(?=/|\b)")


def names_in(text):
    """Yield the texts in a module, docstrings left out, that are a field, or hold the path, of an operation."""
    nodes = nodes_of(text)
    told = {id(each.value) for each in nodes if isinstance(each, ast.Expr)}
    for each in nodes:
        if isinstance(each, ast.Constant) and isinstance(each.value, (str, bytes)) and id(each) not in told:
            value = each.value if isinstance(each.value, str) else each.value.decode("latin-1")
            if value in FIELDS or PATH.search(value):
                yield value


@cache
def knowing():
    """Return the modules that name fields or paths, below the package, each with what it names."""
    found = {
        file.relative_to(PACKAGE).as_posix(): [*names_in(file.read_text(encoding="utf-8"))]
        for file in sorted(PACKAGE.rglob("*.py"))
    }
    rooms = tuple(KNOWING_ROOMS)
    return {module: names for module, names in found.items() if names and not module.startswith(rooms)}


def test_no_other_module_names_a_field_or_path_of_an_operation():
    """Whoever changes a field or path does so in `schemas/`: no other module has to follow."""
    assert {module: names for module, names in knowing().items() if module not in KNOWING} == {}


def test_each_listed_module_still_names_one():
    """A module that asks the contract by now leaves the list."""
    assert sorted(KNOWING.keys() - knowing().keys()) == []


def test_fields_and_paths_are_found_wherever_they_are_written():
    """As a key, in bytes, in a longer text and in an f-string; words of a docstring and of everyday are left out."""
    module = '"""checkpoint"""\na = b"updateTime"\nb = f"/logstores/{a}"\nc = {"checkpoint": "status"}\n"consumer"\n'
    assert [*names_in(module)] == ["updateTime", "/logstores/", "checkpoint"]
