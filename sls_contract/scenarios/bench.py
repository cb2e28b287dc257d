"""From a step to the request that carries it out: real names put in, given its variant and signed."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from sls_contract.checks.content_coding import compressed
from sls_contract.errors import UsageError
from sls_contract.exchange import Headers, Request, wire_bytes
from sls_contract.scenarios.log_messages import PulledLog, log_group
from sls_contract.scenarios.near_misses import FLAWS, Signer
from sls_contract.scenarios.steps import (
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
"""The key of a written log whose value no other log has."""

LARGEST_SHARD = 2**31 - 1
MISSING_PROJECT = "sls-contract-no-such-project"
_FAR = 1000
_TOPIC, _SOURCE = "sls-contract", "192.0.2.7"
_FRACTION = 123_456_789  # nanoseconds of the first log
_CONTENTS = (
    ("level", "info"),
    ("text", '数据 = é\U0001f600\n\t"%+/'),
    ("empty", ""),
    ("Key", " blanks around "),
    ("k" * 100, "a long key"),
)
_TAGS = frozenset({("sls-contract", "消费")})


@dataclass(frozen=True, slots=True)
class Bench:
    """Where scenarios are carried out.

    Attributes:
        authority: the endpoint as it stands in a Host header behind the project.
        project: its name.
        other_project: that of the project in which role ``abroad`` is; empty where there is none.
        missing_projects: names of projects that cannot exist.
        logstores: the real name of each role that there is.
        keys: the credentials that there are.
        shards: the ids of each logstore's shards, as far as they were learnt.
        scheme: of URLs, ``http`` or ``https``.
        region: signed in v4 where the endpoint names none.
        prefix: what stands before a group's label in its real name, and before what marks a log.
        hash_keys: by shard, the first and the last key of its range; as far as they were learnt.
        existing: the real name of the group with the empty label.
        logs_time: the time of logs, in seconds since 1970 UTC.

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
        """Return the group's real name."""
        return self.prefix + place.group if place.group else self.existing

    def project_of(self, place: Place) -> str:
        """Return the name of the project that a place is in."""
        if place.project != "main":
            return self.missing_projects[place.project]
        return self.other_project if place.logstore == "abroad" else self.project

    def shard(self, ref: ShardRef, role: Role) -> int:
        """Return a shard's id; raises `UsageError` where the logstore has not so many."""
        shards = self.shards.get(role, ())
        last = max(shards, default=0)
        if isinstance(ref, str):
            passed = {"kept": min(shards, default=0), "handed over": last, "written": last}  # until a run knows better
            return {"last": last, "next": last + 1, "far": last + _FAR, "largest": LARGEST_SHARD, **passed}[ref]
        if not shards:  # nothing is known of the logstore, perhaps because it does not exist
            return ref
        if ref >= len(shards):
            msg = f"shard number {ref + 1} of logstore {role!r} was asked for, it has {len(shards)}"
            raise UsageError(msg)
        return shards[ref]

    def path(self, place: Place, *, collection: bool = False) -> str:
        """Return the path of a group, or of the groups of its logstore."""
        path = f"/logstores/{quote(self.logstores[place.logstore])}/consumergroups"
        return path if collection else f"{path}/{quote(wire_bytes(self.group(place)), safe='')}"

    def request(self, step: Step, at: datetime, *, held: tuple[int, ...] = (), value: str = "0") -> Request:
        """Return the signed request of a step.

        Args:
            step: what to do.
            at: the server's time.
            held: what the consumer of a `HeartBeat` says that it holds.
            value: what a `Write` writes that names no value, and what marks the logs of a `Put`.

        """
        return self._with_variant(self._plain(step, held, value), step, at)

    def checkpoint(self, step: Write, value: str) -> str:
        """Return the checkpoint that a write sends."""
        if step.raw is not None:
            return step.raw
        return base64.b64encode(wire_bytes(value if step.value is None else step.value)).decode("ascii")

    def logs(self, step: Put, value: str) -> tuple[PulledLog, ...]:
        """Return the logs that a `Put` writes; the prefix keeps those of two runs apart."""
        time, shared = self.logs_time, (_TOPIC, _TAGS, _SOURCE)
        contents = (*_CONTENTS, ("long", "x" * step.size))
        return tuple(
            PulledLog(time, ((LOG_KEY, f"{self.prefix}{value}-{number}"), *contents), *shared, _FRACTION - number)
            for number in range(step.logs)
        )

    def _plain(self, step: Step, held: tuple[int, ...], value: str) -> Request:
        place = step.at
        if isinstance(step, Call):
            return self._called(step)
        if isinstance(step, Put):
            return self._put(step, value)
        if isinstance(step, (ListGroups, Create)):
            path = self.path(place, collection=True)
            return self._get(place, path) if isinstance(step, ListGroups) else self._post(place, path, self._new(step))
        return self._of_group(step, held, value)

    def _new(self, step: Create) -> dict[str, object]:
        return {"consumerGroup": self.group(step.at), "timeout": step.timeout, "order": step.order}

    def _of_group(self, step: Step, held: tuple[int, ...], value: str) -> Request:
        """Return the unsigned request of a step about one group."""
        place, path = step.at, self.path(step.at)
        if isinstance(step, Read):
            shard = None if step.shard is None else self.shard(step.shard, place.logstore)
            return self._get(place, path if shard is None else f"{path}?shard={shard}")
        if isinstance(step, Delete):
            return self._get(place, path).replace(method="DELETE")
        if isinstance(step, Update):
            changes = {"timeout": step.timeout, "order": step.order}
            named = {key: change for key, change in changes.items() if change is not None}
            return self._post(place, path, named).replace(method="PUT")
        if isinstance(step, HeartBeat):
            lists = held if step.lists is None else tuple(self.shard(each, place.logstore) for each in step.lists)
            return self._post(
                place, f"{path}?{urlencode({'type': 'heartbeat', 'consumer': step.consumer}, quote_via=quote)}", lists
            )
        assert isinstance(step, Write), "the run turns these into other steps, or none"
        query = {"type": "checkpoint", "consumer": step.consumer, "forceSuccess": step.force}
        texts = {key: text for key, text in query.items() if text}
        document = {"shard": self.shard(step.shard, place.logstore), "checkpoint": self.checkpoint(step, value)}
        return self._post(place, f"{path}?{urlencode(texts, quote_via=quote)}", document)

    def _called(self, step: Call) -> Request:
        """Return the unsigned request that the contract of the operation describes."""
        contract = contract_of(step)
        shard = "" if step.shard is None else str(self.shard(step.shard, step.at.logstore))
        names = iter((self.logstores[step.at.logstore], shard))  # each page has names of its own for the two
        path = "/".join(quote(next(names)) if each.startswith("{") else each for each in contract.path.split("/"))
        told = {key: values[0] for key, values in contract.discriminator.items() if values}
        query = urlencode(
            {**told, **dict(step.query)}, quote_via=quote, errors="surrogatepass"
        )  # a cursor may hold any
        plain = self._get(step.at, f"{path}?{query}" if query else path)
        length = [("Content-Length", "0")] if contract.method == "POST" else []
        return plain.replace(method=contract.method, headers=Headers([*plain.headers.pairs, *length, *step.headers]))

    def _put(self, step: Put, value: str) -> Request:
        """Return the unsigned PutLogs: to any shard, or to the one that takes its hash key."""
        path = f"/logstores/{quote(self.logstores[step.at.logstore])}/shards/"
        path += "lb" if step.shard is None else f"route?key={self.hash_keys[step.shard][step.last_key]}"
        group = log_group(self.logs(step, value))
        body = compressed(group, step.coding) if step.body is None else step.body(group)
        headers = [("Content-Type", "application/x-protobuf"), ("Content-Length", str(len(body)))]
        if step.coding:
            headers += [("x-log-compresstype", step.coding), ("x-log-bodyrawsize", str(len(group)))]
        plain = self._get(step.at, path)
        return Request("POST", plain.url, Headers([*plain.headers.pairs, *headers]), body)

    def _get(self, place: Place, target: str) -> Request:
        host = f"{self.project_of(place)}.{self.authority}"
        return Request("GET", f"{self.scheme}://{host}{target}", [("Host", host)])

    def _post(self, place: Place, target: str, document: object) -> Request:
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        plain = self._get(place, target)
        headers = Headers(
            [*plain.headers.pairs, ("Content-Type", "application/json"), ("Content-Length", str(len(wire_bytes(body))))]
        )
        return Request("POST", plain.url, headers, wire_bytes(body))

    def _with_variant(self, request: Request, step: Step, at: datetime) -> Request:
        variant = step.variant
        if variant.signed_as is not None:
            return self._lent(request, variant.signed_as, replace(variant, signed_as=None), at)
        form = WIRE_FORMS[variant.form].of_method(request.method)
        credentials, moment = self.keys[variant.key], at + timedelta(seconds=variant.shift)
        worn = _rewritten(request.replace(headers=_worn(request.headers, form)), form)
        signer = Signer(credentials, variant.scheme, moment, self._sign)
        if variant.flaw is not None:
            signed = FLAWS[variant.flaw].make(worn, signer)
        else:
            signed = self._finished(signer(worn), form, signer)
        return signed.replace(headers=_spelled(signed.headers, form))

    def _lent(self, request: Request, lender: Step, variant: RequestVariant, at: datetime) -> Request:
        """Return the request under the head of another one, which is signed correctly.

        The other one has the same body where it can: what is wrong is the signature, neither a length nor a digest.
        """
        lender = replace(lender, variant=variant)
        plain = self._plain(lender, (), "0")
        if plain.method == request.method and plain.url != request.url:
            plain = request.replace(url=plain.url, headers=request.headers.with_field("Host", plain.host))
        headers = self._with_variant(plain, lender, at).headers.with_field("Host", request.host)
        length = request.headers.get("Content-Length")
        return request.replace(headers=headers.with_field("Content-Length", length) if length else headers)

    def _finished(self, signed: Request, form: WireForm, signer: Signer) -> Request:
        """Take away and add what this client does differently from ours; the signature stays right."""
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
        """Give the time in ``x-log-date``, which counts, and another one in Date (CommonRequestHeaders page, note)."""
        headers = signed.headers.with_field("x-log-date", http_date(signer.at))
        both = signed.replace(headers=headers.with_field("Date", http_date(signer.at + off)))
        return resign(both, Dialect(signer.scheme), signer.credentials)

    def _sign(self, request: Request, credentials: Credentials, scheme: Scheme, at: datetime) -> Request:
        region = self._region(request) if scheme == "v4" else None
        return sign(request, credentials, scheme=scheme, region=region, at=at)

    def _region(self, request: Request) -> str:
        return region_of(request.host) or self.region

    def knowing(self, role: Role, shards: tuple[int, ...]) -> Bench:
        """Return the bench with the shards of one logstore learnt."""
        return replace(self, shards={**self.shards, role: shards})


def contract_of(step: Step) -> Contract:
    """Return the contract of a step's operation."""
    contract = registry().named(operation_name(step))
    assert contract is not None, "scenarios name operations that are shipped"
    return contract


def _rewritten(request: Request, form: WireForm) -> Request:
    """Write query and JSON of a request as the form does."""
    path, mark, query = request.url.partition("?")
    if form.sorted_query:
        query = "&".join(sorted(query.split("&")))
    if form.of_python:
        query = query.replace("%20", "+")
    request = request.replace(url=path + mark + query)
    if not form.of_python or not request.body or request.headers.get("Content-Type") != "application/json":
        return request
    body = json.dumps(json.loads(request.body)).encode("ascii")
    return request.replace(body=body, headers=request.headers.with_field("Content-Length", str(len(body))))


def _worn(headers: Headers, form: WireForm) -> Headers:
    """Add the form's headers where the request does not have its own."""
    return Headers([*headers.pairs, *((name, value) for name, value in form.headers if name not in headers)])


def _spelled(headers: Headers, form: WireForm) -> Headers:
    spell = {"lower": str.lower, "upper": str.upper, "title": str.title}.get(form.casing, str)
    return Headers([(spell(name), value) for name, value in headers.pairs])
