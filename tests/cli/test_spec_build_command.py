"""``sls-contract spec build | list | show``, and ``spec derive --out``."""

import io
import json
import re
import shutil
from pathlib import Path

import pytest
from advice import advised

from sls_contract import cli

PAGE = Path(__file__).parents[1] / "unit" / "spec" / "merge" / "pages" / "ListMachines" / "2021-03-01.en.md"
RULING = """operation: ListMachines
rulings:
  - why: The console shows it, too.
    contract: {summary: Name the machines of a group.}
"""


def run(*argv):
    """Run the command line; return exit code, output and errors."""
    out, err = io.StringIO(), io.StringIO()
    code = cli.run(["spec", *map(str, argv)], environ={}, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def folder(tmp_path):
    """A folder of a user's own: the claims of one page, a ruling, and the contract built of them."""
    assert run("derive", PAGE, "--out", tmp_path)[0] == 0
    (tmp_path / "rulings").mkdir()
    (tmp_path / "rulings" / "ListMachines.yaml").write_text(RULING, encoding="utf-8")
    assert run("build", "--folder", tmp_path)[0] == 0
    return tmp_path


def test_derive_writes_claims_and_their_source(tmp_path):
    """Each file that was written is named; --json can be had besides."""
    code, out, err = run("derive", PAGE, "--out", tmp_path, "--source", "my-pages")
    assert (code, err) == (0, "")
    assert out == f"wrote {tmp_path / 'claims' / 'my-pages' / 'ListMachines.yaml'}\n"
    assert "my-pages" in (tmp_path / "sources.yaml").read_text(encoding="utf-8")
    code, out, err = run("derive", PAGE, "--out", tmp_path, "--json", "-")
    assert json.loads(out)["operation"] == "ListMachines"
    assert "wrote" in err


def test_what_a_problem_leaves_open_is_ruled(tmp_path):
    """A page without an example does not say whether its response is an object; the manual has a ruling for it."""
    text = PAGE.read_text(encoding="utf-8").replace("ListMachines", "ListGadgets").replace("/machinegroups", "/gadgets")
    page, own = tmp_path / "ListGadgets" / "2024.en.md", tmp_path / "own"
    page.parent.mkdir()
    page.write_text(text.partition("-   Sample responses")[0], encoding="utf-8")
    out = run("derive", page, "--out", own)[1]
    rulings, manual = advised(out, r"or rule on what a problem leaves open, in (.*) \((.*)\)").groups()
    ruling = re.search(
        r"```yaml\n(.*?)```", (Path(__file__).parents[2] / manual).read_text(encoding="utf-8"), re.DOTALL
    )
    assert "response 200: not described" in run("show", "ListGadgets", "--contract", own)[1]
    Path(rulings).mkdir()
    text = ruling[1].replace("GetShardLag", "ListGadgets")
    (Path(rulings) / "ListGadgets.yaml").write_text(text, encoding="utf-8")
    assert run("build", "--folder", own)[0] == 0
    assert "response 200: object" in run("show", "ListGadgets", "--contract", own)[1]


def test_derive_says_what_a_page_does_not_tell(tmp_path):
    """A page whose name has no date needs one; nothing is written then."""
    page = tmp_path / "ListMachines" / "page.md"
    page.parent.mkdir()
    shutil.copy(PAGE, page)
    code, _, err = run("derive", page, "--out", tmp_path / "out")
    assert code == 2
    assert "How to fix: name the page such as GetCursor/2021-01-27.en.md, or pass --date and --language." in err
    assert not (tmp_path / "out").exists()


@pytest.mark.full
def test_the_checkout_is_up_to_date_and_the_build_says_what_it_holds():
    """Operations by coverage, what was left out, and the disagreements without a ruling."""
    code, out, err = run("build", "--check", "--verbose", "--folder", Path(__file__).parents[2] / "schemas")
    assert (code, err) == (0, "")
    assert "247 operations: 11 full, 16 derived, 220 model" in out
    assert "left out: claims on GetSlsService: called by RPC" in out
    assert "disagreements without a ruling" in out


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["changed", "missing", "of no operation"])
def test_check_names_what_is_out_of_date_and_its_way_out_mends_it(folder, damage):
    """A touched, a removed and a foreign file each turn it red; what it tells to run turns it green."""
    contract = folder / "contract" / "ListMachines.yaml"
    if damage == "changed":
        contract.write_text("operation: Other\n", encoding="utf-8")
    elif damage == "missing":
        contract.unlink()
    else:
        contract = contract.with_name("Other.yaml")
        contract.write_text("", encoding="utf-8")
    code, out, _ = run("build", "--check", "--folder", folder)
    assert code == 1
    assert f"{damage}: {contract}\n1 file out of date\n" in out
    remedy = advised(out, "sls-contract spec (build.*)").group(1).split()
    assert run(*remedy)[0] == 0
    assert run("build", "--check", "--folder", folder)[0] == 0


@pytest.mark.slow
def test_disagreements_that_nobody_ruled_on_are_counted_and_listed_on_demand(tmp_path):
    """--verbose tells what each family says, and what is taken meanwhile; so does show."""
    text = PAGE.read_text(encoding="utf-8").replace("ListMachines", "ListGadgets").replace("/machinegroups", "/gadgets")
    pages = tmp_path / "ListGadgets"
    pages.mkdir()
    (pages / "2021.en.md").write_text(text, encoding="utf-8")
    (pages / "2024.en.md").write_text(text.replace("|size|Integer|No|", "|size|Integer|Yes|"), encoding="utf-8")
    run("derive", *pages.iterdir(), "--out", tmp_path)
    code, out, _ = run("build", "--folder", tmp_path)
    assert (code, "1 disagreement without a ruling (--verbose)" in out) == (0, True)
    told = "query size required: handbook: no; openapi: yes; taken: no"
    assert f"  ListGadgets, {told}" in run("build", "--folder", tmp_path, "--verbose")[1].splitlines()
    assert f"  {told}" in run("show", "ListGadgets", "--contract", tmp_path)[1].splitlines()


def test_a_folder_without_claims_and_rulings_is_told(tmp_path):
    """A build needs either, and the command that is printed writes claims."""
    code, _, err = run("build", "--folder", tmp_path)
    assert (code, "expected a folder with claims/ or rulings/" in err) == (2, True)
    command = advised(err, "sls-contract spec (derive PAGE.md .*)")[1]
    assert run(*(str(PAGE) if word == "PAGE.md" else word for word in command.split()))[0] == 0
    assert run("build", "--folder", tmp_path)[0] == 0


def test_claims_that_make_no_contract_are_told(tmp_path):
    """A page without a request line gives no route, so nothing could be judged by it."""
    page = tmp_path / "ListGadgets" / "2024.en.md"
    page.parent.mkdir()
    text = PAGE.read_text(encoding="utf-8").replace("ListMachines", "ListGadgets").replace("/machinegroups", "/gadgets")
    page.write_text(re.sub("GET .*", "", text), encoding="utf-8")
    assert run("derive", page, "--out", tmp_path / "own")[0] == 0
    for command in (["build", "--folder", tmp_path / "own"], ["list", "--contract", tmp_path / "own"]):
        code, _, err = run(*command)
        assert (code, "ListGadgets: no source prints a request line" in err) == (2, True)
        assert advised(err, "derive a page that prints the request line")
    page.write_text(text, encoding="utf-8")
    assert run("derive", page, "--out", tmp_path / "own")[0] == 0
    assert run("build", "--folder", tmp_path / "own")[0] == 0


OVERRULING = """operation: PullLogs
rulings:
  - why: Our gateway returns JSON.
    overrules: [{family: openapi, place: query count required, says: yes}]
    contract: {response: {content: json, value: {type: object}}}
"""


@pytest.mark.slow
def test_a_folder_of_ones_own_is_built_on_top_of_what_is_shipped(folder):
    """As --contract reads it: a ruling overrules a shipped claim, and the files hold the same contracts."""
    (folder / "rulings" / "PullLogs.yaml").write_text(OVERRULING, encoding="utf-8")
    code, out, err = run("build", "--folder", folder)
    assert (code, err) == (0, "")
    assert "PullLogs: extends the shipped contract, which has 8 sources; now 8 sources, and the rulings of both" in out
    assert "ListMachines: extends the shipped contract, which has 1 source; now 2 sources, and the rulings of" in out
    for line in (folder / "contracts.jsonl").read_text(encoding="utf-8").splitlines()[1:]:
        built = json.loads(line)
        shown = json.loads(run("show", built["operation"], "--contract", folder, "--json", "-")[1])
        assert shown["contract"] == built


@pytest.mark.slow
def test_a_folder_of_ones_own_with_the_route_of_a_shipped_operation_is_refused(tmp_path):
    """A build says so, not only the first run that is judged by it; an alias makes them one."""
    page = tmp_path / "ListThings" / "2024.en.md"
    page.parent.mkdir()
    page.write_text(PAGE.read_text(encoding="utf-8").replace("ListMachines", "ListThings"), encoding="utf-8")
    run("derive", page, "--out", tmp_path / "own")
    code, _, err = run("build", "--folder", tmp_path / "own")
    assert (code, "ListMachines and ListThings" in err or "ListThings and ListMachines" in err) == (2, True)
    assert advised(err, "list one name among the aliases of the other")
    (tmp_path / "own" / "rulings").mkdir()
    ruling = "operation: ListMachines\naliases: [ListThings]\n"
    (tmp_path / "own" / "rulings" / "ListMachines.yaml").write_text(ruling, encoding="utf-8")
    assert run("build", "--folder", tmp_path / "own")[0] == 0


@pytest.mark.slow
def test_a_whole_folder_of_contracts_stands_alone(folder):
    """A checkout's schemas/, recognised by its clauses, is built of itself, whatever is installed."""
    (folder / "clauses.json").write_text("[]", encoding="utf-8")
    code, out, _ = run("build", "--folder", folder)
    assert (code, "extends" in out) == (0, False)
    assert "openapi-sdk" not in (folder / "contract" / "ListMachines.yaml").read_text(encoding="utf-8")


@pytest.mark.slow
def test_list_names_every_operation_with_its_route():
    """As a table, and as JSON."""
    code, out, _ = run("list")
    assert code == 0
    (line,) = [line for line in out.splitlines() if line.startswith("ConsumerGroupHeartBeat")]
    assert line.split() == [
        "ConsumerGroupHeartBeat",
        "full",
        "POST",
        "/logstores/{logstore}/consumergroups/{consumerGroup}?type=heartbeat",
        "HeartBeat",
    ]
    document = json.loads(run("list", "--json", "-")[1])
    assert document["version"] == 1
    assert {each["operation"] for each in document["operations"]} >= {"GetCheckPoint", "ListMachines"}


@pytest.mark.slow
def test_show_tells_the_contract_with_its_rulings():
    """Parameters, bodies, errors, and why people ruled as they did; any name of the operation will do."""
    code, out, _ = run("show", "pulllogs")
    assert code == 0
    for line in (
        "PullLogs: Read log groups from a cursor on.",
        "  GET /logstores/{logstore}/shards/{shard}?type=log|logs",
        "  x-log-count: integer, required, from 0, equals body.log_groups",
        "response 200: protobuf LogGroupList",
        "  400 ShardNotExist: Shard {ShardID} does not exist.",
        "     overrules openapi, query count required: yes",
    ):
        assert line in out.splitlines()
    assert run("show", "HeartBeat")[1].startswith("ConsumerGroupHeartBeat: ")


def test_show_as_json_has_the_contract_and_the_rulings():
    """The contract is in its plain form."""
    document = json.loads(run("show", "GetCheckPoint", "--json", "-")[1])
    assert document["contract"]["response"]["value"]["unique_by"] == "shard"
    assert any("microseconds" in why for why in document["rulings"])


def test_show_names_the_line_that_gives_a_parameter_of_the_path_its_type():
    """Facts count the parameters of a path; claims have their lines by name."""
    out = " ".join(run("show", "SplitShard", "--claims")[1].split())
    assert "path 2 type integer: handbook-2021-01-27-en (line 33, table)" in out


def test_claims_tell_which_source_says_what_and_where():
    """Place, value, the newest source of each family that says so, and the line."""
    out = " ".join(run("show", "GetCheckPoint", "--claims")[1].split())
    assert "query shard type integer: openapi-sdk-5.15.1 (model) and 1 older; handbook-2021-01-21-en (line 8, " in out
    assert "response shape array: openapi-sdk-5.15.1 (model) and 1 older; handbook-2021-01-21-en (" in out


@pytest.mark.slow
def test_a_folder_of_ones_own_is_shown_in_place_of_what_is_shipped(folder):
    """Its claims and rulings come on top."""
    out = run("show", "ListMachines", "--contract", folder, "--claims")[1]
    assert out.startswith("ListMachines: Name the machines of a group.\n")
    assert "1. The console shows it, too." in out
    assert "handbook-2021-03-01-en" in out
    assert "derived" in run("list", "--contract", folder)[1].partition("\nListMachines ")[2].splitlines()[0]


def test_a_misspelt_operation_is_told_the_nearest():
    """Or, where none is near, how to list them."""
    code, _, err = run("show", "GetChekPoint")
    assert (code, "How to fix: did you mean GetCheckPoint" in err) == (2, True)
    assert "sls-contract spec list" in run("show", "xyz")[2]


@pytest.mark.slow
def test_contributing_shows_how_to_add_an_operation(tmp_path, monkeypatch):
    """Its commands run as they stand there, one after the other, and its ruling is one."""
    text = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition("## Add an operation from its page")[2]
    commands, ruling = re.findall(r"```\w+\n(.*?)```", section, re.DOTALL)[:2]
    monkeypatch.chdir(tmp_path)
    shutil.copytree(PAGE.parent, tmp_path / "ListMachines")
    for line in commands.splitlines():
        program, command, *argv = line.split()
        assert (program, command) == ("sls-contract", "spec")
        assert run(*argv)[0] == 0
    assert "1 operation" in run("build", "--folder", "schemas")[1]
    (tmp_path / "schemas" / "rulings").mkdir()
    (tmp_path / "schemas" / "rulings" / "ListMachines.yaml").write_text(ruling, encoding="utf-8")
    assert run("build", "--folder", "schemas")[0] == 0
    assert "in seconds" in run("show", "ListMachines", "--contract", "schemas")[1]
