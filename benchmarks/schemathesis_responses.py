"""Validate the responses of a HAR with Schemathesis: ``python schemathesis_responses.py OPENAPI HAR``.

Prints as JSON how many responses were validated and refused, and the seconds of CPU time that it took. Needs only
Schemathesis, so that any environment can run it.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from pathlib import Path
from urllib.parse import urlsplit


def operations(schema):
    """Yield each operation with its method and a pattern of its path."""
    for result in schema.get_all_operations():
        operation = result.ok()
        parts = re.split(r"\{[^}]*\}", operation.path)
        yield operation.method.upper(), re.compile("[^/]+".join(map(re.escape, parts))), operation


def response_of(entry):
    """Return the response of a HAR entry in the form that Schemathesis validates."""
    import requests
    from schemathesis.core.transport import Response

    request, response = entry["request"], entry["response"]
    headers = {}
    for field in response["headers"]:
        headers.setdefault(field["name"].lower(), []).append(field["value"])
    sent = {field["name"]: field["value"] for field in request["headers"]}
    prepared = requests.Request(request["method"], request["url"], sent).prepare()
    content = response["content"].get("text", "").encode()
    return Response(response["status"], headers, content, prepared, 0.0, verify=False)


def main():
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("openapi", help="the contracts as OpenAPI")
    command.add_argument("har", type=Path, help="the HTTP archive")
    arguments = command.parse_args()
    import schemathesis
    from schemathesis.core.failures import Failure, FailureGroup

    known = list(operations(schemathesis.openapi.from_path(arguments.openapi)))
    start, count, refused = time.process_time(), 0, 0
    for entry in json.loads(arguments.har.read_text(encoding="utf-8"))["log"]["entries"]:
        method, path = entry["request"]["method"], urlsplit(entry["request"]["url"]).path
        operation = next(each for verb, pattern, each in known if verb == method and pattern.fullmatch(path))
        count += 1
        try:
            operation.validate_response(response_of(entry))
        except (Failure, FailureGroup):
            refused += 1
    print(json.dumps({"exchanges": count, "refused": refused, "seconds": time.process_time() - start}))


if __name__ == "__main__":
    main()
