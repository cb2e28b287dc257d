"""A folder of a user's own: claims and rulings that extend or override what is shipped."""

import io
import json
import shutil
from pathlib import Path

import pytest
from advice import advised

from sls_contract import cli
from sls_contract.checks import check
from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Request
from sls_contract.spec.finding import Level
from sls_contract.spec.merge import load_folder, source_of, write_claims
from sls_contract.spec.pages import derive
from sls_contract.spec.registry import use_contracts

from .conftest import SCHEMAS, key, page, source

HOST = "http://my-project.cn-hangzhou.log.aliyuncs.com"
PAGE = Path(__file__).parent / "pages" / "ListMachines" / "2021-03-01.en.md"


@pytest.fixture
def folder(tmp_path):
    """A folder with the claims of one page."""
    write_claims(tmp_path, [(source_of(PAGE, {}), derive(PAGE.read_text(encoding="utf-8")))])
    return tmp_path


def rule(folder, text):
    (folder / "rulings").mkdir(exist_ok=True)
    (folder / "rulings" / "rulings.yaml").write_text(text, encoding="utf-8")


@pytest.mark.slow
def test_an_operation_is_added_from_its_page_without_a_line_of_python(folder):
    """A page gives what the SDK's models have not: errors, and a level beyond warning."""
    (contract,) = load_folder(folder)
    assert (contract.operation, contract.coverage) == ("ListMachines", "derived")
    assert contract.query["size"].level is Level.VIOLATION
    assert [(each.status, each.code) for each in contract.errors] == [(404, "MachineGroupNotExist")]
    assert "openapi-sdk" in "".join(contract.sources)


def test_the_same_page_gives_the_same_bytes(folder, tmp_path):
    """Claims are derived again, elsewhere, byte for byte."""
    again = tmp_path / "again"
    write_claims(again, [(source_of(PAGE, {}), derive(PAGE.read_text(encoding="utf-8")))])
    for name in ("sources.yaml", "claims/handbook-2021-03-01-en/ListMachines.yaml"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.slow
def test_rulings_of_the_folder_are_the_last_word(folder):
    """They come after the shipped ones; a folder may have rulings alone, under any name of the operation's."""
    rule(folder, "operation: ListMachines\nrulings: [{why: said so, contract: {coverage: full}}]\n")
    assert load_folder(folder)[0].coverage == "full"
    rule(folder, "operation: GetCheckPoint\nrulings: [{why: said so, contract: {success: [201]}}]\n")
    found = {each.operation: each for each in load_folder(folder)}
    assert found["GetCheckPoint"].success == (201,)
    assert found["GetCheckPoint"].response.value.unique_by == "shard"


@pytest.mark.slow
def test_a_page_under_another_name_of_an_operation_extends_that_operation(tmp_path):
    """HeartBeat is ConsumerGroupHeartBeat: its shipped rulings and claims stay."""
    claimed = page(
        "HeartBeat", "POST", "/logstores/{logstore}/consumergroups/{consumerGroup}", errors={(404, "Gone"): []}
    )
    write_claims(tmp_path, [(source("handbook-2022-en"), claimed)])
    (contract,) = load_folder(tmp_path)
    assert (contract.operation, contract.coverage) == ("ConsumerGroupHeartBeat", "full")
    assert "Gone" in [each.code for each in contract.errors]


@pytest.mark.slow
@pytest.mark.parametrize(
    "names",
    ["operation: AskCheckPoint\naliases: [GetCheckPoint]", "operation: GetCheckPoint\naliases: [AskCheckPoint]"],
)
def test_either_name_of_a_shipped_operation_may_be_the_alias(tmp_path, names):
    """Rulings that say so extend what is ruled on the shipped operation."""
    claimed = page("AskCheckPoint", "GET", "/logstores/{logstore}/consumergroups/{consumerGroup}")
    write_claims(tmp_path, [(source("handbook-2022-en"), claimed)])
    rule(tmp_path, f"{names}\nrulings: [{{why: said so, contract: {{success: [201]}}}}]\n")
    (contract,) = load_folder(tmp_path)
    assert (contract.operation, contract.coverage, contract.success) == ("GetCheckPoint", "full", (201,))
    assert contract.aliases == ("AskCheckPoint", "GetConsumerGroupCheckPoint")


def test_an_operation_that_nobody_ships_needs_only_its_page(tmp_path):
    """A route of its own is all that it must have."""
    write_claims(tmp_path, [(source(), page("ListBaskets"))])
    assert [each.operation for each in load_folder(tmp_path)] == ["ListBaskets"]


def numbered(placeholder, kind):
    """Claim GET /barns/{name}/cows/{number}, with a type of its second placeholder."""
    path = f"/barns/{{barn}}/cows/{{{placeholder}}}"
    return page("GetCow", "GET", path, described={placeholder: key(kind)}, path_parameters=["barn", placeholder])


@pytest.mark.parametrize(
    ("pages", "kind"),
    [
        ([("handbook-2020-en", "cowId", "integer")], "integer"),
        ([("handbook-2020-en", "cowId", "integer"), ("openapi-2024-en", "cow", "integer")], "integer"),
        ([("handbook-2018-en", "cow", "string"), ("handbook-2020-en", "cowId", "integer")], "integer"),
        ([("handbook-2020-en", "cowId", "integer"), ("openapi-2024-en", "cow", "string")], "string"),
        ([("handbook-2020-en", "cowId", "string")], "string"),
        ([("handbook-2020-en", "cowId", "array")], "string"),
    ],
)
def test_the_type_of_a_part_of_the_path_is_judged_unless_families_contradict(tmp_path, pages, kind):
    """Whatever each page calls that part; claims on disk keep it, and a name is never a wrong text."""
    write_claims(tmp_path, [(source(name), numbered(placeholder, told)) for name, placeholder, told in pages])
    (contract,) = load_folder(tmp_path)
    assert [each.type for each in contract.path_parameters.values()] == ["string", kind]
    assert len(contract.disagreements) == (len(pages) == 2 and kind == "string")
    use_contracts(tmp_path)
    try:
        found = [check(Exchange(Request("GET", f"{HOST}/barns/{parts}"), None)) for parts in ("7/cows/7", "red/cows/x")]
    finally:
        use_contracts(None)
    places = [[each.where for each in findings if each.code == "SLS120"] for findings in found]
    assert places == [[], [f"path {[*contract.path_parameters][1]}"] if kind == "integer" else []]


@pytest.mark.slow
def test_an_error_code_that_lost_its_capitals_is_put_right_by_the_shipped_ones(tmp_path):
    """A page that prints Shardnotexist means the code that other operations return."""
    write_claims(tmp_path, [(source(), page("ListBaskets", errors={(400, "Shardnotexist"): []}))])
    assert [each.code for each in load_folder(tmp_path)[0].errors] == ["ShardNotExist"]


def test_two_sources_that_are_one_are_told(tmp_path):
    """Two pages of one date and language on one operation need a name each."""
    with pytest.raises(UsageError, match="one page of ListBaskets in source") as stopped:
        write_claims(tmp_path, [(source(), page()), (source(), page(method="POST"))])
    assert advised(str(stopped.value), "derive one of them with another --source")
    write_claims(tmp_path, [(source(), page()), (source(id="mine"), page(method="POST"))])
    with pytest.raises(UsageError, match="expected a page that names its operation"):
        write_claims(tmp_path, [(source(), page(None))])


@pytest.mark.slow
def test_where_no_claims_are_shipped_the_folder_overrides_as_a_whole(tmp_path, monkeypatch):
    """Shipped rulings would overrule nobody there; names of the operation still count."""
    shipped = tmp_path / "shipped"
    shutil.copytree(SCHEMAS, shipped, ignore=shutil.ignore_patterns("claims", "sources.yaml"))
    monkeypatch.setattr("sls_contract.spec.merge.extension.schema_folder", lambda: shipped)
    claimed = page("UpdateCheckPoint", "POST", "/logstores/{logstore}/consumergroups/{consumerGroup}")
    write_claims(tmp_path / "own", [(source(), claimed)])
    (contract,) = load_folder(tmp_path / "own")
    assert (contract.operation, contract.coverage, contract.sources) == (
        "ConsumerGroupUpdateCheckPoint",
        "derived",
        ("handbook-2021-en",),
    )


def test_sources_add_up(tmp_path):
    """Deriving one page more keeps what is there."""
    write_claims(tmp_path, [(source("handbook-2021-en"), page())])
    write_claims(tmp_path, [(source("openapi-2024-en"), page(status=200))])
    (contract,) = load_folder(tmp_path)
    assert contract.sources == ("handbook-2021-en", "openapi-2024-en")


def test_a_folder_that_holds_nothing_is_told_with_the_way_out(tmp_path):
    """An empty folder, and one that is not there."""
    for empty in (tmp_path, tmp_path / "missing"):
        with pytest.raises(UsageError, match=r"(?s)expected a folder with claims/ or rulings/.*spec derive"):
            load_folder(empty)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("sources.yaml", "sources: []", "expected the source handbook-2021-03-01-en in sources.yaml"),
        ("sources.yaml", "a: [", "which cannot be read at line"),
        ("claims/handbook-2021-03-01-en/ListMachines.yaml", "- 1", "expected claims on an operation in"),
        ("claims/handbook-2021-03-01-en/ListMachines.yaml", "operation: [", "which cannot be read at line"),
    ],
)
def test_a_damaged_file_is_named(folder, name, text, says):
    """The message has the file, and the line where YAML ends to be YAML."""
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as stopped:
        load_folder(folder)
    assert says in str(stopped.value)
    assert Path(name).name in str(stopped.value)


@pytest.mark.parametrize(
    ("name", "line", "repeated"),
    [
        ("sources.yaml", 2, "sources: []"),
        ("claims/handbook-2021-03-01-en/ListMachines.yaml", 2, "operation: ListMachines"),
        ("rulings/rulings.yaml", 3, "    contract: {summary: two}"),
        ("rulings/rulings.yml", 3, "    contract: {summary: two}"),
    ],
)
def test_a_repeated_key_is_refused_with_both_places(folder, name, line, repeated):
    """YAML's readers keep the last and lose the first; deleting one of them is the way out."""
    rule(folder, "operation: ListMachines\nrulings:\n  - contract: {summary: one}\n    why: said so\n")
    file = folder / name
    if name.endswith(".yml"):
        (folder / "rulings" / "rulings.yaml").rename(file)
    text = file.read_text(encoding="utf-8")
    last, key = text.count("\n") + 1, repeated.split(":")[0].strip()
    file.write_text(f"{text}{repeated}\n", encoding="utf-8")
    with pytest.raises(UsageError) as stopped:
        load_folder(folder)
    assert f"{file}:{last}: the key '{key}' appears twice, at lines {line} and {last};" in str(stopped.value)
    assert advised(str(stopped.value), "delete one of them")
    file.write_text(text, encoding="utf-8")
    assert load_folder(folder)[0].summary == "one"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("operation: ListMachines\nrulings: &all\n  - why: so\n    contract: {query: *all}\n", 2),
        ("operation: ListMachines\nrulings:\n  - why: so\n    contract: &all {members: [*all]}\n", 4),
    ],
)
def test_a_value_that_contains_itself_is_refused(folder, text, line):
    """It is no data; an alias beside its anchor is, and means the same as the value written twice."""
    rule(folder, text)
    with pytest.raises(UsageError, match=f"rulings.yaml:{line}: the value that begins here contains itself") as stopped:
        load_folder(folder)
    assert advised(str(stopped.value), "delete the alias")
    rule(folder, "operation: ListMachines\naliases: [&n A]\nrulings: [{why: *n, contract: {summary: *n}}]\n")
    assert load_folder(folder)[0].summary == "A"


def test_yaml_of_countless_levels_is_refused(folder):
    """It would overflow the stack of the parser."""
    rule(folder, "operation: " + "[" * 100_000)
    with pytest.raises(UsageError, match=r"expected YAML in UTF-8 in .*rulings.yaml, which cannot be read at line 1"):
        load_folder(folder)


def test_a_source_that_is_listed_twice_is_refused(folder):
    """The first would be lost."""
    file = folder / "sources.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text + text.partition("sources:\n")[2], encoding="utf-8")
    with pytest.raises(UsageError, match=r"each source once in .*, got handbook-2021-03-01-en twice") as stopped:
        load_folder(folder)
    assert advised(str(stopped.value), "delete one of them")


def test_a_file_in_another_encoding_is_told(folder):
    """YAML is UTF-8."""
    (folder / "sources.yaml").write_bytes("# 来源".encode("gbk"))
    with pytest.raises(UsageError, match="expected YAML in UTF-8"):
        load_folder(folder)


def test_a_ruling_with_a_value_that_contracts_have_not_is_told_where(folder):
    """A misspelt key or value is named with its place in the file, and where the known ones stand."""
    rule(folder, "operation: ListMachines\nrulings: [{why: so, contract: {coverage: ful}}]\n")
    with pytest.raises(UsageError) as stopped:
        load_folder(folder)
    assert "rulings.yaml: rulings[0].contract.coverage: expected one of these: " in str(stopped.value)
    schema = advised(str(stopped.value), r"use the keys and values of (.*schema.*)\.").group(1)
    known = json.loads(Path(schema).read_text("utf-8"))["properties"]["rulings"]["items"]
    known = known["properties"]["contract"]["properties"]["coverage"]["enum"]
    rule(folder, f"operation: ListMachines\nrulings: [{{why: so, contract: {{coverage: {known[0]}}}}}]\n")
    assert load_folder(folder)


def test_claims_of_a_source_that_is_not_listed_are_derived_again(folder):
    """The folder that is named is deleted, and the command that is printed lists the source."""
    (folder / "sources.yaml").unlink()
    with pytest.raises(UsageError) as stopped:
        load_folder(folder)
    gone, command = advised(
        str(stopped.value), r"delete (.*) and derive .*: sls-contract (spec derive PAGE.md .*)"
    ).groups()
    shutil.rmtree(gone)
    words = [str(PAGE) if word == "PAGE.md" else word for word in command.split()]
    assert cli.run(words, environ={}, stdin=io.StringIO(), stdout=io.StringIO(), stderr=io.StringIO()) == 0
    assert load_folder(folder)


def test_two_files_may_rule_on_one_operation(folder):
    """Each ruling counts, in the order of the files' names."""
    rule(folder, "operation: ListMachines\nrulings: [{why: so, contract: {coverage: full, summary: one}}]\n")
    more = "operation: ListMachines\nrulings: [{why: so, contract: {summary: two}}]\n"
    (folder / "rulings" / "second.yaml").write_text(more, encoding="utf-8")
    (contract,) = load_folder(folder)
    assert (contract.coverage, contract.summary) == ("full", "two")


def test_dates_may_stand_unquoted(folder):
    """YAML reads them as dates; a source has texts."""
    text = (folder / "sources.yaml").read_text(encoding="utf-8").replace('"2021-03-01"', "2021-03-01")
    (folder / "sources.yaml").write_text(text, encoding="utf-8")
    assert load_folder(folder)[0].operation == "ListMachines"
