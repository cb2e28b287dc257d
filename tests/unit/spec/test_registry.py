"""Contracts by name, alias and request; those of a folder beside the shipped ones."""

import json
import subprocess
import sys

import pytest
from advice import advised
from hypothesis import given
from hypothesis import strategies as st

from sls_contract import check
from sls_contract.checks import judge
from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.spec import clause, errors_with, operation_of, use_contracts
from sls_contract.spec.contract import Contract
from sls_contract.spec.registry import Registry, registry
from sls_contract.spec.routing import Route, clashes

HOST = "http://my-project.cn-hangzhou.log.aliyuncs.com"
OWN = {
    "operation": "GetWeather",
    "aliases": ["Weather"],
    "method": "GET",
    "path": "/weather/{city}",
    "other_paths": ["/forecasts/{city}"],
    "errors": [{"status": 404, "code": "CityNotExist", "messages": ["City {name} does not exist."]}],
}


@pytest.fixture
def folder(tmp_path):
    """A folder with one contract of one's own; afterwards the shipped ones are in use again."""
    (tmp_path / "GetWeather.json").write_text(json.dumps(OWN), encoding="utf-8")
    yield tmp_path
    use_contracts(None)


def told(target, method="GET", host=HOST):
    contract = operation_of(Request(method, host + target))
    return contract and contract.operation


def test_names_and_aliases_lead_to_a_contract():
    """The handbook's name and that of the API of today are one operation."""
    contracts = registry()
    assert contracts.named("HeartBeat") is contracts.named("ConsumerGroupHeartBeat")
    assert contracts.named("nothing") is None
    assert len(set(contracts.names)) == len(contracts.names) > 200


def test_no_request_fits_two_operations():
    """Of any two shipped operations something in method, path, host or query tells one."""
    assert list(clashes(registry().routes)) == []


@given(st.data())
def test_a_request_made_from_a_route_takes_it(data):
    """Whatever the names in a path, a request with a route's query keys asks for its operation."""
    route = data.draw(st.sampled_from(registry().routes))
    spelled_out = {segment for each in registry().routes for segment in each.path.split("/")}
    name = st.text("abcdefgh-0123456789", min_size=1).filter(lambda text: text not in spelled_out)
    path = "/".join(data.draw(name) if each[:1] == "{" else each for each in route.path.split("/"))
    query = "&".join(
        f"{key}={data.draw(st.sampled_from(values or ('x',)))}" for key, values in route.discriminator.items()
    )
    host = HOST if route.project else "http://cn-hangzhou.log.aliyuncs.com"
    assert told(f"{path}?{query}", route.method, host) == route.operation


def test_a_path_that_spells_a_segment_out_goes_first():
    """Writing to shards/lb is no splitting of a shard named lb."""
    assert told("/logstores/l/shards/lb", "POST") == "PutLogs"
    assert told("/logstores/l/shards/0?action=split", "POST") == "SplitShard"


def test_what_could_be_two_operations_is_found():
    """Two routes without anything to tell them apart clash; a discriminator settles it."""
    one, other = Route("A", "GET", "/a/{x}"), Route("B", "GET", "/a/{y}")
    crossed = Route("C", "GET", "/{z}/b"), Route("D", "GET", "/a/{x}")
    keyed = Route("E", "GET", "/a/{y}", {"type": ("t",)})
    assert list(clashes([one, other])) == [(one, other)]
    assert list(clashes(crossed)) == [crossed]
    assert list(clashes([one, keyed])) == []


def test_a_folder_extends_what_is_shipped(folder):
    """Its operation is known by name, alias, both paths and error; the shipped ones stay."""
    assert told("/weather/hangzhou") is None
    use_contracts(folder)
    assert told("/weather/hangzhou") == told("/forecasts/a%2Fb") == "GetWeather"
    assert registry().named("Weather").operation == "GetWeather"
    assert [error.operations for error in errors_with("CityNotExist")] == [("GetWeather",)]
    assert told("/logstores/l/consumergroups/g") == "GetCheckPoint"
    use_contracts(None)
    assert told("/weather/hangzhou") is None
    assert errors_with("CityNotExist") == ()


def test_a_folder_overrides_what_is_shipped(folder):
    """A contract of a shipped name takes its place."""
    plain = OWN | {"operation": "ListConsumerGroup", "path": "/logstores/{l}/groups", "aliases": [], "other_paths": []}
    (folder / "GetWeather.json").write_text(json.dumps(plain), encoding="utf-8")
    use_contracts(folder)
    assert told("/logstores/l/groups") == "ListConsumerGroup"
    assert told("/logstores/l/consumergroups") is None


def test_a_contract_may_be_yaml(folder):
    """What `spec build` writes for people, edited by hand, is read as it is."""
    (folder / "GetWeather.json").unlink()
    text = "# ours\noperation: GetWeather\nmethod: GET\npath: /weather/{city}\nsummary: 天气\n"
    (folder / "GetWeather.yaml").write_text(text, encoding="utf-8")
    use_contracts(folder)
    assert told("/weather/hangzhou") == "GetWeather"
    assert registry().named("GetWeather").summary == "天气"


def test_a_parameter_may_have_a_name_that_yaml_reads_as_another_type(folder):
    """Neither ``on`` nor ``404`` needs quotes, also if merged in: it is a name, and its value is judged."""
    (folder / "GetWeather.json").unlink()
    head = "operation: GetWeather\nmethod: GET\npath: /weather\n"
    text = f"{head}headers: {{x-a: &a {{type: integer}}}}\nquery: {{on: &b {{<<: *a}}, <<: {{404: *b}}}}\n"
    (folder / "GetWeather.yaml").write_text(text, encoding="utf-8")
    use_contracts(folder)
    found = check(Exchange(Request("GET", f"{HOST}/weather?on=1&404=x"), Response(200)))
    assert [each.where for each in found if each.where.startswith("query")] == ["query 404"]


def test_another_name_of_a_shipped_operation_is_listed_among_the_aliases(folder):
    """Without it, two operations have one route; with it, the contract takes the place of the shipped one.

    Under the shipped name: what judges consumers, and what only this operation has, holds on.
    """
    plain = {"operation": "AskCheckPoint", "method": "GET", "path": "/logstores/{l}/consumergroups/{g}"}
    (folder / "a.json").write_text(json.dumps(plain), encoding="utf-8")
    with pytest.raises(UsageError, match=r"found two for GET .*: GetCheckPoint and AskCheckPoint") as stopped:
        use_contracts(folder)
    key = advised(str(stopped.value), "list one name among the (aliases) of the other")[1]
    (folder / "a.json").write_text(json.dumps(plain | {key: ["GetCheckPoint"]}), encoding="utf-8")
    use_contracts(folder)
    assert told("/logstores/l/consumergroups/g") == registry().named("AskCheckPoint").operation == "GetCheckPoint"
    assert [*registry().named("GetCheckPoint").path_parameters] == []
    verdict = judge(Exchange(Request("GET", f"{HOST}/logstores/l/consumergroups/g"), None))
    assert clause("request-path").code in verdict.exercised


def test_two_operations_of_one_path_are_told_apart_by_what_is_advised(folder):
    """Keys that a request can have at once do not: the message shows them; one key more, of any value, does."""
    plain = {"operation": "GetLag", "method": "GET", "path": "/logstores/{l}/shards/{s}"}
    (folder / "a.json").write_text(json.dumps(plain | {"discriminator": {"kind": ["lag"]}}), encoding="utf-8")
    with pytest.raises(UsageError, match=r"\w+\?type=\w+ and GetLag\?kind=lag\n") as stopped:
        use_contracts(folder)
    key, any_value = advised(str(stopped.value), r"more keys in one of them, .* (size): (\[\])\}, where").groups()
    told_apart = {"kind": ["lag"], key: json.loads(any_value)}
    (folder / "a.json").write_text(json.dumps(plain | {"discriminator": told_apart}), encoding="utf-8")
    use_contracts(folder)
    assert told("/logstores/l/shards/0?kind=lag&size=7") == "GetLag"
    assert told("/logstores/l/shards/0?type=cursor&from=begin") == "GetCursor"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.yaml", "operation: A", "a.yaml: the file: expected the key method, got"),
        ("a.yaml", "- operation: A", "a.yaml: the file: expected object, got "),
        ("a.json", json.dumps(OWN | {"success": 200}), "a.json: success: expected array, got 200"),
        (
            "a.json",
            json.dumps(OWN | {"query": {"unit": {"pattern": "(("}}}),
            "a.json: query.unit.pattern: expected a regular expression, got",
        ),
        ("a.json", json.dumps(OWN | {"qery": {}}), "a.json: the file: unknown key qery\nHow to fix: write query."),
        ("a.yaml", "operation: [", "expected YAML in UTF-8"),
        ("a.json", "{", "expected the contract of an operation in"),
        ("a.json", '{"operation": "A", "operation": "B"}', "the key 'operation' appears twice in an object"),
        ("a.json", json.dumps(OWN | {"operation": "Other"}), "expected one operation for each request, found"),
        ("contracts.jsonl", "{}", "expected compiled contracts in"),
        ("contracts.jsonl", f'{{"operations": [{json.dumps(OWN)}]}}\n{{"methd": 1}}', "contracts in .* 'methd'"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused(folder, name, text, says):
    """The error says what was expected and where; the shipped contracts stay in use."""
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=says):
        use_contracts(folder)
    assert told("/weather/hangzhou") is None


@pytest.mark.parametrize("made", [False, True])
def test_a_folder_without_contracts_is_refused(tmp_path, made):
    """Neither a missing folder nor an empty one passes for one."""
    place = tmp_path / "contracts"
    if made:
        place.mkdir()
    with pytest.raises(UsageError, match="expected"):
        use_contracts(place)


def test_a_registry_of_contracts_in_hand():
    """Contracts that no file holds can be asked for, too."""
    contracts = Registry(()).extended([Contract.from_plain(OWN)])
    assert contracts.names == ("GetWeather",)
    assert contracts.operation_of(Request("GET", f"{HOST}/weather/x")).operation == "GetWeather"
    assert contracts.operation_of(Request("GET", f"{HOST}/weather/")) is None


@pytest.mark.slow
def test_nothing_is_loaded_until_it_is_needed():
    """Importing the package, and the plugin, reads no contract."""
    code = "import sys, sls_contract, sls_contract.plugin; print('sls_contract.spec.registry' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8")
    assert out.stdout.strip() == "False"
