"""A contract of a user's own, which extends those that are shipped."""

import json

FINDING = "query view of GetCheckPoint"


def demand_view(folder):
    """Write a contract of GetCheckPoint that requires a key which the shipped one leaves free; give the folder."""
    contract = {
        "operation": "GetCheckPoint",
        "coverage": "full",
        "method": "GET",
        "path": "/logstores/{logstore}/consumergroups/{consumerGroup}",
        "query": {"shard": {"type": "integer"}, "view": {"required": "violation"}},
    }
    folder.mkdir(exist_ok=True)
    (folder / "GetCheckPoint.json").write_text(json.dumps(contract), encoding="utf-8")
    return folder
