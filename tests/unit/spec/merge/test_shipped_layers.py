"""The layers in schemas/: derived, ruled, merged, and what they say of the operations that consumers use."""

import json
from collections import Counter

import pytest
import yaml
from jsonschema import Draft202012Validator

from sls_contract.checks.logs import COUNTED
from sls_contract.checks.meanings import FORMS, UNITS
from sls_contract.spec.clauses import CLAUSES
from sls_contract.spec.contract import Body, Contract, ErrorResponse, Value
from sls_contract.spec.merge import claim_files, generated, outdated, source_of
from sls_contract.spec.merge.rulings import read_rulings
from sls_contract.spec.merge.text import yaml_text
from sls_contract.spec.models import derive_sdk, installed_sdk

from .conftest import SCHEMAS

IN_FULL = {
    "ListConsumerGroup", "CreateConsumerGroup", "UpdateConsumerGroup", "ConsumerGroupHeartBeat", "GetCheckPoint",
    "GetCursor", "PullLogs", "ConsumerGroupUpdateCheckPoint", "PutLogs", "ListShards", "GetCursorTime",
}  # fmt: skip
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@pytest.fixture(scope="module")
def contracts(merged):
    return {each.operation: each for each in merged.contracts}


def test_the_contracts_are_what_the_build_gives(merged):
    """schemas/contract/ and contracts.jsonl hold what claims and rulings give, byte for byte."""
    assert outdated(SCHEMAS, generated(merged.contracts)) == {}


def test_the_product_reads_what_people_read(contracts):
    """contracts.jsonl lists every operation, then has the contract of each, in the same order."""
    head, *lines = (SCHEMAS / "contracts.jsonl").read_text(encoding="utf-8").splitlines()
    listed = json.loads(head)
    assert listed["version"] == 1
    assert [each["operation"] for each in listed["operations"]] == list(contracts)
    assert [Contract.from_plain(json.loads(line)) for line in lines] == list(contracts.values())


def test_eleven_operations_are_known_in_full_and_nothing_of_them_is_open(contracts):
    """Every contradiction of their sources is ruled on."""
    full = {name: each for name, each in contracts.items() if each.coverage == "full"}
    assert set(full) == IN_FULL
    assert all(not each.disagreements for each in full.values())


@pytest.mark.parametrize("name", ["common.json", "errors.json", "clauses.json"])
def test_what_all_operations_share_is_valid(name):
    """The common schemas are JSON Schemas, and the tables of common errors and of clauses fit their own."""
    shared = json.loads((SCHEMAS / name).read_text("utf-8"))
    if name == "common.json":
        Draft202012Validator.check_schema(shared)
    else:
        Draft202012Validator(json.loads((SCHEMAS / shared["$schema"]).read_text("utf-8"))).validate(shared)


def test_names_of_pages_lead_to_the_operation(contracts):
    """HeartBeat, UpdateCheckPoint and MergeShards are called otherwise in the API of 2020-12-30."""
    names = {alias: name for name, each in contracts.items() for alias in each.aliases}
    assert names["HeartBeat"] == "ConsumerGroupHeartBeat"
    assert names["UpdateCheckPoint"] == "ConsumerGroupUpdateCheckPoint"
    assert names["MergeShards"] == "MergeShard"


@pytest.mark.parametrize("path", sorted((SCHEMAS / "rulings").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_file_of_rulings_says_why(path):
    """Also one that only lists another name of its operation."""
    rulings = read_rulings(yaml.load(path.read_text(encoding="utf-8"), LOADER), path.name)
    assert rulings.rulings


def test_history_and_proofs_give_what_the_newest_pages_print_wrongly(contracts):
    """action=split, GetCheckPoint's bare array, ListConsumerGroup's bare array, and the heartbeat's."""
    assert contracts["SplitShard"].discriminator == {"action": ("split",)}
    for name in ("GetCheckPoint", "ListConsumerGroup", "ConsumerGroupHeartBeat"):
        assert contracts[name].response.value.type == "array"


def test_clause_codes_of_contracts_exist(contracts):
    """Each code that a contract gives a breach is a clause."""
    text = "".join(json.dumps(each.as_plain()) for each in contracts.values())
    codes = {word for word in text.replace('"', " ").split() if word.startswith("SLS") and word[3:].isdigit()}
    assert {"SLS103", "SLS204", "SLS212", "SLS231"} <= codes <= set(CLAUSES)


def test_claims_on_disk_are_written_the_one_way(shipped):
    """Reading a file of claims and writing it again gives the same bytes: nobody edited them."""
    for source, page in shipped.claims:
        file = SCHEMAS / "claims" / source.id / f"{page.operation}.yaml"
        assert file.read_text(encoding="utf-8") == yaml_text(claim_files.as_plain(page), "../../editor/claims.json")


def test_claims_hold_no_sentences(shipped):
    """What a page prints at a problem is a token of it, cut short; error messages are facts."""
    assert max(len(problem.says) for _, page in shipped.claims for problem in page.problems) <= 80


@pytest.mark.parametrize("name", ["contract", "claims", "rulings", "sources"])
def test_editors_accept_every_file(name):
    """The schema that a file names in its first line fits it."""
    schema = json.loads((SCHEMAS / "editor" / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    files = [SCHEMAS / "sources.yaml"] if name == "sources" else sorted((SCHEMAS / name).rglob("*.yaml"))
    for file in files[:: 1 + len(files) // 100]:
        text = file.read_text(encoding="utf-8")
        assert text.splitlines()[0].endswith(f"editor/{name}.json")
        assert not list(validator.iter_errors(yaml.load(text, LOADER)))


@pytest.mark.parametrize(
    ("kind", "pointer"),
    [
        (Contract, ()),
        (Value, ("$defs", "value")),
        (Body, ("$defs", "body")),
        (ErrorResponse, ("$defs", "error")),
    ],
)
@pytest.mark.parametrize("name", ["contract", "rulings"])
def test_editors_know_every_key_of_a_contract(name, kind, pointer):
    """A key that contracts got must be added to the schemas for editors."""
    schema = json.loads((SCHEMAS / "editor" / f"{name}.json").read_text(encoding="utf-8"))
    at = pointer or {"contract": (), "rulings": ("properties", "rulings", "items", "properties", "contract")}[name]
    for step in at:
        schema = schema[step]
    assert set(schema["properties"]) == set(kind.__dataclass_fields__)


@pytest.mark.parametrize("name", ["contract", "rulings"])
def test_editors_know_every_form_unit_and_count_that_is_checked(name):
    """An empty form or count takes away what another ruling said."""
    schema = json.loads((SCHEMAS / "editor" / f"{name}.json").read_text(encoding="utf-8"))
    known = schema["$defs"]["value"]["properties"]
    assert (set(known["form"]["enum"]), set(known["unit"]["enum"])) == ({"", *FORMS}, {*UNITS})
    assert set(known["equals"]["enum"]) == {"", *(f"body.{each}" for each in COUNTED)}


def test_every_operation_of_the_sdk_has_a_contract(contracts, shipped):
    """Those that no page describes are of coverage model."""
    sdk = {page.operation for source, page in shipped.claims if source.kind == "sdk"}
    assert sdk <= set(contracts)
    assert Counter(each.coverage for each in contracts.values())["model"] > 200


@pytest.mark.full
def test_claims_of_the_sdk_are_what_its_code_gives():
    """Deriving the installed SDK again gives the shipped claims, byte for byte; another version has its own."""
    folder = installed_sdk()
    found = source_of(folder, {})
    shipped = SCHEMAS / "claims" / found.id
    if not shipped.is_dir():
        pytest.skip(f"claims of {found.id} are not shipped")
    derived = {f"{name}.yaml": claim_files.as_plain(page) for name, page in derive_sdk(folder).items()}
    assert {file.name for file in shipped.iterdir()} == set(derived)
    for name, plain in derived.items():
        assert (shipped / name).read_text(encoding="utf-8") == yaml_text(plain, "../../editor/claims.json")
