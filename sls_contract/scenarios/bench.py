"""Convert a step to its signed HTTP request: with real names, in the step's variant."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from sls_contract.checks.content_coding import compressed, json_value
from sls_contract.errors import UsageError
from sls_contract.exchange import Request, wire_bytes
from sls_contract.headers import Headers
from sls_contract.scenarios.log_messages import PulledLog, log_group
from sls_contract.scenarios.near_misses import FLAWS, Signer
from sls_contract.scenarios.steps import (
    BODY_END,
    Call,
    Create,
    Delete,
    HeartBeat,
    Key,
    ListGroups,
    Place,
    ProjectRole,
    Put,
    Read,
    Role,
    ShardRef,
    Step,
    Update,
    Write,
    operation_name,
)
from sls_contract.scenarios.wire_forms import WIRE_FORMS, WireForm
from sls_contract.signing import Credentials, Dialect, http_date, region_of, resign, sign
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.scenarios.steps import RequestVariant
    from sls_contract.signing.dialect import Scheme
    from sls_contract.spec.contract import Contract

GROUP_PREFIX = "sls-contract-"
LOG_KEY = "sls-contract-log"
"""The key in each written log whose value is unique."""

LARGEST_SHARD = 2**31 - 1
MISSING_PROJECT = "sls-contract-no-such-project"
_FAR = 2**16  # an endpoint that keeps a shard in 16 bits, or 8, finds the last one
_TOPIC, _SOURCES = "sls-contract 主题", ("192.0.2.7", "192.0.2.8")
_FRACTION = 123_456_789  # nanoseconds of the first log
_CONTENTS = (
    ("level", "info"),
    ("text", '数据 = é\U0001f600e\u0301\r\n\t"%+/\\<&>'),
    ("empty", ""),
    ("Key", " blanks around "),
    ("k" * 100, "a long key"),
)
_TAG = ("sls-contract", "消费")


@dataclass(frozen=True, slots=True)
class Bench:
    """The endpoint and the real names that steps are resolved to.

    Attributes:
        authority: host and port of the endpoint; Host headers have the project before it.
        project: name of the project.
        other_project: name of the project of role ``abroad``; empty where there is none.
        missing_projects: names of projects that do not exist.
        logstores: the real name of each available role.
        keys: the available credentials.
        shards: the known ids of each logstore's shards.
        scheme: of URLs, ``http`` or ``https``.
        region: for v4 signatures where the endpoint names no region.
        prefix: of a group's real name before its label, and of the unique value in a log.
        hash_keys: by shard, the first and the last key of its range, where they are known.
        existing: the real name of the group with the empty label.
        logs_time: the time of the first log of each log group, in seconds since 1970 UTC.

    """

    authority: str
    project: str
    logstores: Mapping[Role, str]
    keys: Mapping[Key, Credentials]
    shards: Mapping[Role, tuple[int, ...]] = field(default_factory=dict)
    scheme: str = "http"
    region: str = "cn-hangzhou"
    prefix: str = GROUP_PREFIX
    hash_keys: Mapping[ShardRef, tuple[str, str]] = field(default_factory=dict)
    existing: str = ""
    logs_time: int = 0
    other_project: str = ""
    missing_projects: Mapping[ProjectRole, str] = field(default_factory=lambda: {"missing": MISSING_PROJECT})

    def group(self, place: Place) -> str:
        """Return the real name of a group."""
        return self.prefix + place.group if place.group else self.existing

    def project_of(self, place: Place) -> str:
        """Return the name of a place's project."""
        if place.project != "main":
            return self.missing_projects[place.project]
        return self.other_project if place.logstore == "abroad" else self.project

    def shard(self, ref: ShardRef, role: Role) -> int:
        """Return the id of a shard; raises `UsageError` where the logstore has too few."""
        shards = self.shards.get(role, ())
        last = max(shards, default=0)
        if isinstance(ref, str):
            # a run resolves these:
            defaults = {"kept": min(shards, default=0), **dict.fromkeys(("handed over", "written", "readonly"), last)}
            return {"last": last, "next": last + 1, "far": last + _FAR, "largest": LARGEST_SHARD, **defaults}[ref]
        if not shards:  # the logstore is unknown, or does not exist
            return ref
        if ref >= len(shards):
            msg = f"expected at least {ref + 1} shards in logstore {role!r}, got {len(shards)}"
            raise UsageError(msg)
        return shards[ref]

    def path(self, place: Place, *, collection: bool = False) -> str:
        """Return the path of a group, or of the collection of groups in its logstore."""
        path = f"/logstores/{quote(self.logstores[place.logstore])}/consumergroups"
        return path if collection else f"{path}/{quote(wire_bytes(self.group(place)), safe='')}"

    def request(self, step: Step, at: datetime, *, held: tuple[int, ...] = (), value: str = "0") -> Request:
        """Return the signed request of a step.

        ``at`` is the server's time. ``held`` are the shards that the consumer of a `HeartBeat` lists. ``value`` is the
        checkpoint of a `Write` that has no value, and part of the unique value in the logs of a `Put`.
        """
        return self._with_variant(self._plain(step, held, value), step, at)

    def checkpoint(self, step: Write, value: str) -> str:
        """Return the checkpoint that a write sends."""
        if step.raw is not None:
            return step.raw
        text = step.value if isinstance(step.value, str) else value  # a run resolves a `Kept`
        return base64.b64encode(wire_bytes(text)).decode("ascii")

    def logs(self, step: Put, value: str) -> tuple[PulledLog, ...]:
        """Return the logs that a `Put` writes; with the prefix they differ from those of other runs."""
        time, odd = self.logs_time, sum(value.encode()) % 2  # log groups differ in all that their logs share
        shared = ("" if odd else _TOPIC, frozenset({_TAG, ("put", value)}), _SOURCES[odd])
        contents = (*_CONTENTS, ("long", "x" * step.size))
        return tuple(
            PulledLog(
                time - number, ((LOG_KEY, f"{self.prefix}{value}-{number}"), *contents), *shared, _FRACTION - number
            )
            for number in range(step.logs)
        )

    def _plain(self, step: Step, held: tuple[int, ...], value: str) -> Request:
        place = step.at
        if isinstance(step, Call):
            return self._call_request(step)
        if isinstance(step, Put):
            return self._put_request(step, value)
        if isinstance(step, (ListGroups, Create)):
            path = self.path(place, collection=True)
            if isinstance(step, ListGroups):
                return self._get(place, path)
            creation = {"consumerGroup": self.group(step.at), "timeout": step.timeout, "order": step.order}
            return self._post_json(place, path, creation)
        return self._group_request(step, held, value)

    def _group_request(self, step: Step, held: tuple[int, ...], value: str) -> Request:
        place, path = step.at, self.path(step.at)
        if isinstance(step, Read):
            shard = None if step.shard is None else self.shard(step.shard, place.logstore)
            return self._get(place, path if shard is None else f"{path}?shard={shard}")
        if isinstance(step, Delete):
            return self._get(place, path).replace(method="DELETE")
        if isinstance(step, Update):
            changes = {"timeout": step.timeout, "order": step.order}
            named = {key: change for key, change in changes.items() if change is not None}
            return self._post_json(place, path, named).replace(method="PUT")
        if isinstance(step, HeartBeat):
            lists = held if step.lists is None else tuple(self.shard(each, place.logstore) for each in step.lists)
            query = {"type": "heartbeat", "consumer": step.consumer}
            return self._post_json(place, f"{path}?{urlencode(query, quote_via=quote)}", lists)
        assert isinstance(step, Write), "the run turns these into other steps, or none"
        query = {"type": "checkpoint", "consumer": step.consumer, "forceSuccess": step.force}
        texts = {key: text for key, text in query.items() if text}
        document = {"shard": self.shard(step.shard, place.logstore), "checkpoint": self.checkpoint(step, value)}
        return self._post_json(place, f"{path}?{urlencode(texts, quote_via=quote)}", document)

    def _call_request(self, step: Call) -> Request:
        """Return the unsigned request that the contract of the operation describes."""
        contract = contract_of(step)
        shard = "" if step.shard is None else str(self.shard(step.shard, step.at.logstore))
        names = iter((self.logstores[step.at.logstore], shard))  # pages name these two parameters differently
        path = "/".join(quote(next(names)) if each.startswith("{") else each for each in contract.path.split("/"))
        fixed = {key: values[0] for key, values in contract.discriminator.items() if values}
        # surrogatepass: a cursor comes from a response and may contain any character
        query = urlencode({**fixed, **dict(step.query)}, quote_via=quote, errors="surrogatepass")
        plain = self._get(step.at, f"{path}?{query}" if query else path)
        length = [("Content-Length", "0")] if contract.method == "POST" else []
        return plain.replace(method=contract.method, headers=Headers([*plain.headers.pairs, *length, *step.headers]))

    def _put_request(self, step: Put, value: str) -> Request:
        """Return the unsigned PutLogs: to any shard, or to the shard of its hash key."""
        path = f"/logstores/{quote(self.logstores[step.at.logstore])}/shards/"
        path += "lb" if step.shard is None else f"route?key={self.hash_keys[step.shard][step.last_key]}"
        group = log_group(self.logs(step, value))
        body = compressed(group, step.coding) if step.body is None else step.body(group)
        coded = (("x-log-compresstype", step.coding), ("x-log-bodyrawsize", str(len(group)))) if step.coding else ()
        return self._post(step.at, path, "application/x-protobuf", body, *coded)

    def _get(self, place: Place, target: str) -> Request:
        host = f"{self.project_of(place)}.{self.authority}"
        return Request("GET", f"{self.scheme}://{host}{target}", [("Host", host)])

    def _post_json(self, place: Place, target: str, document: object) -> Request:
        return self._post(place, target, "application/json", json_bytes(document))

    def _post(self, place: Place, target: str, content: str, body: bytes, *more: tuple[str, str]) -> Request:
        plain = self._get(place, target)
        headers = [*plain.headers.pairs, ("Content-Type", content), ("Content-Length", str(len(body))), *more]
        return Request("POST", plain.url, headers, body)

    def _with_variant(self, request: Request, step: Step, at: datetime) -> Request:
        variant = step.variant
        if variant.signed_as is not None:
            return self._with_other_signature(request, variant.signed_as, replace(variant, signed_as=None), at)
        form = WIRE_FORMS[variant.form].of_method(request.method)
        credentials, moment = self.keys[variant.key], at + timedelta(seconds=variant.shift)
        request = _without(request, variant.omits)
        shaped = _in_encoding_of(request.replace(headers=_with_form_headers(request.headers, form)), form)
        signer = Signer(credentials, variant.scheme, moment, self._sign)
        if variant.flaw is not None:
            signed = FLAWS[variant.flaw].make(shaped, signer)
        else:
            signed = self._apply_form(signer(shaped), form, signer)
        return signed.replace(headers=_with_casing(signed.headers, form))

    def _with_other_signature(self, request: Request, other: Step, variant: RequestVariant, at: datetime) -> Request:
        """Return the request with the headers of another step, whose signature is correct for that step.

        Where methods agree, that step gets the same body, so that only the signature is wrong and no length or digest.
        """
        other = replace(other, variant=variant)
        plain = self._plain(other, (), "0")
        if plain.method == request.method and plain.url != request.url:
            plain = request.replace(url=plain.url, headers=request.headers.with_field("Host", plain.host))
        headers = self._with_variant(plain, other, at).headers.with_field("Host", request.host)
        length = request.headers.get("Content-Length")
        return request.replace(headers=headers.with_field("Content-Length", length) if length else headers)

    def _apply_form(self, signed: Request, form: WireForm, signer: Signer) -> Request:
        """Remove and add headers as the form's client does; the signature remains correct."""
        if form.omits:
            region = self._region(signed) if signer.scheme == "v4" else None
            fewer = signed.replace(headers=signed.headers.without(*form.omits))
            signed = resign(fewer, Dialect(signer.scheme, region), signer.credentials)
        added = list(form.unsigned)
        if form.date_off:
            signed = self._with_two_dates(signed, timedelta(seconds=form.date_off), signer)
        if form.repeats_date:
            added.append(("x-log-date", signed.headers["Date"]))
        if form.bare_question_mark and not signed.query:
            signed = signed.replace(url=signed.url + "?")
        return signed.replace(headers=Headers([*signed.headers.pairs, *added]))

    def _with_two_dates(self, signed: Request, off: timedelta, signer: Signer) -> Request:
        """Put the time into ``x-log-date``, which takes precedence, and another into Date (CommonRequestHeaders)."""
        dated = signed.replace(headers=signed.headers.with_field("Date", http_date(signer.at + off)))
        if signer.scheme == "v4":  # which has the time in x-log-date, and does not sign Date
            return dated
        both = dated.replace(headers=dated.headers.with_field("x-log-date", http_date(signer.at)))
        return resign(both, Dialect(signer.scheme), signer.credentials)

    def _sign(self, request: Request, credentials: Credentials, scheme: Scheme, at: datetime) -> Request:
        region = self._region(request) if scheme == "v4" else None
        return sign(request, credentials, scheme=scheme, region=region, at=at)

    def _region(self, request: Request) -> str:
        return region_of(request.host) or self.region

    def with_shards(self, role: Role, shards: tuple[int, ...]) -> Bench:
        """Return a bench that knows the shards of one more logstore."""
        return replace(self, shards={**self.shards, role: shards})


def _without(request: Request, names: tuple[str, ...]) -> Request:
    """Return the request without some parameters of its query or JSON body, or without the end of its body."""
    if not names:
        return request
    path, mark, query = request.url.partition("?")
    pairs = [pair for pair in query.split("&") if pair.partition("=")[0] not in names]
    body = request.body[:-1] if BODY_END in names else request.body
    document = json_value(body)
    if isinstance(document, dict):
        left = {key: value for key, value in document.items() if key not in names}
        body = json_bytes(left)
    headers = request.headers.with_field("Content-Length", str(len(body))) if request.body else request.headers
    return request.replace(url=path + (mark and f"?{'&'.join(pairs)}"), headers=headers, body=body)


def json_bytes(document: object) -> bytes:
    """Encode a JSON value as the service and its SDKs do: compact, in UTF-8."""
    return wire_bytes(json.dumps(document, ensure_ascii=False, separators=(",", ":")))


def contract_of(step: Step) -> Contract:
    """Return the contract of a step's operation."""
    contract = registry().named(operation_name(step))
    assert contract is not None, "scenarios name operations that are shipped"
    return contract


def _in_encoding_of(request: Request, form: WireForm) -> Request:
    """Encode query and JSON of a request as the form's client does."""
    path, mark, query = request.url.partition("?")
    if form.sorted_query:
        query = "&".join(sorted(query.split("&")))
    if form.python_encoding:
        query = query.replace("%20", "+")
    request = request.replace(url=path + mark + query)
    if not form.python_encoding or not request.body or request.headers.get("Content-Type") != "application/json":
        return request
    body = json.dumps(json.loads(request.body)).encode("ascii")
    return request.replace(body=body, headers=request.headers.with_field("Content-Length", str(len(body))))


def _with_form_headers(headers: Headers, form: WireForm) -> Headers:
    """Add the form's headers that the request does not have."""
    return Headers([*headers.pairs, *((name, value) for name, value in form.headers if name not in headers)])


def _with_casing(headers: Headers, form: WireForm) -> Headers:
    spell = {"lower": str.lower, "upper": str.upper, "title": str.title}.get(form.casing, str)
    return Headers([(spell(name), value) for name, value in headers.pairs])
