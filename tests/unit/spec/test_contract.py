"""A contract in its plain form: what stands in a file is what is read from it."""

from __future__ import annotations

import json

import pytest

from sls_contract.spec.contract import Contract
from sls_contract.spec.finding import Level

PLAIN = {
    "operation": "GetCheckPoint",
    "coverage": "full",
    "method": "GET",
    "path": "/logstores/{logstore}/consumergroups/{consumerGroup}",
    "path_parameters": {"logstore": {"type": "string", "required": "violation"}},
    "query": {"shard": {"type": "integer", "minimum": 0, "aliases": ["shardId"], "codes": {"alias": "SLS103"}}},
    "body": {"content": "none"},
    "response": {
        "value": {
            "type": "array",
            "unique_by": "shard",
            "items": {"type": "object", "members": {"shard": {"type": "integer", "filtered_by": "query.shard"}}},
        }
    },
    "errors": [{"status": 404, "code": "LogStoreNotExist", "messages": ["logstore {name} dose not exist."]}],
    "disagreements": [{"where": "query shard type", "claims": {"handbook": "integer", "openapi": "string"}}],
    "sources": ["handbook-2021-en"],
}


def test_what_is_read_is_written_again():
    assert json.loads(json.dumps(Contract.from_plain(PLAIN).as_plain())) == PLAIN


def test_what_is_left_out_has_its_default():
    contract = Contract.from_plain(PLAIN)
    shard = contract.query["shard"]
    assert (shard.required, shard.level, contract.others, contract.success) == (
        None,
        Level.VIOLATION,
        Level.UNSPECIFIED,
        (200,),
    )


def test_a_contract_is_a_comparable_value():
    assert Contract.from_plain(PLAIN) == Contract.from_plain(json.loads(json.dumps(PLAIN)))


def test_an_unknown_level_is_refused():
    plain = {**PLAIN, "query": {"shard": {"required": "always"}}}
    with pytest.raises(ValueError, match="always"):
        Contract.from_plain(plain)
