"""From a step to the request that carries it out: real names put in, dressed and signed."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from sls_contract.errors import UsageError
from sls_contract.exchange import Headers, Request, wire_bytes
from sls_contract.scenarios.near_misses import FLAWS, Signer
from sls_contract.scenarios.steps import Beat, Create, Delete, Key, Linger, Place, Read, Role, ShardRef, Step, Write
from sls_contract.scenarios.wire_forms import WIRE_FORMS, WireForm
from sls_contract.signing import Credentials, Dialect, region_of, resign, sign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.signing.dialect import Scheme

GROUP_PREFIX = "sls-contract-"
GROUP_TIMEOUT = 300  # seconds; the page's example, longer than any scenario takes
LARGEST_SHARD = 2**31 - 1
_FAR = 1000


@dataclass(frozen=True, slots=True)
class Bench:
    """Where scenarios are carried out.

    Attributes:
        authority: the endpoint as it stands in a Host header behind the project.
        project: its name; ``missing_project`` is one that cannot exist.
        logstores: the real name of each role that there is.
        keys: the credentials that there are.
        shards: the ids of each logstore's shards, as far as they were learnt.
        scheme: of URLs, ``http`` or ``https``.
        region: signed in v4 where the endpoint names none.
        prefix: what stands before a group's label in its real name.

    """

    authority: str
    project: str
    logstores: Mapping[Role, str]
    keys: Mapping[Key, Credentials]
    shards: Mapping[Role, tuple[int, ...]] = field(default_factory=dict)
    scheme: str = "http"
    region: str = "cn-hangzhou"
    prefix: str = GROUP_PREFIX
    missing_project: str = "sls-contract-no-such-project"

    def group(self, place: Place) -> str:
        """Return the group's real name."""
        return self.prefix + place.group

    def shard(self, ref: ShardRef, role: Role) -> int:
        """Return a shard's id; raises `UsageError` where the logstore has not so many."""
        shards = self.shards.get(role, ())
        last = max(shards, default=0)
        if isinstance(ref, str):
            return {"last": last, "next": last + 1, "far": last + _FAR, "largest": LARGEST_SHARD}[ref]
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
            held: what the consumer of a `Beat` says that it holds.
            value: what a `Write` writes that names no value.

        """
        return self._dressed(self._plain(step, held, value), step, at)

    def checkpoint(self, step: Write, value: str) -> str:
        """Return the checkpoint that a write sends."""
        if step.raw is not None:
            return step.raw
        return base64.b64encode(wire_bytes(value if step.value is None else step.value)).decode("ascii")

    def _plain(self, step: Step, held: tuple[int, ...], value: str) -> Request:
        place, path = step.at, self.path(step.at)
        if isinstance(step, Read):
            shard = None if step.shard is None else self.shard(step.shard, place.logstore)
            return self._get(place, path if shard is None else f"{path}?shard={shard}")
        if isinstance(step, Delete):
            return self._get(place, path).replace(method="DELETE")
        if isinstance(step, Create):
            body = {"consumerGroup": self.group(place), "timeout": GROUP_TIMEOUT, "order": False}
            return self._post(place, self.path(place, collection=True), body)
        if isinstance(step, Beat):
            return self._post(place, f"{path}?{urlencode({'type': 'heartbeat', 'consumer': step.consumer})}", held)
        assert not isinstance(step, Linger), "the run turns it into writes and reads"
        query = {"type": "checkpoint", "consumer": step.consumer, "forceSuccess": step.force}
        named = {key: text for key, text in query.items() if text}
        document = {"shard": self.shard(step.shard, place.logstore), "checkpoint": self.checkpoint(step, value)}
        return self._post(place, f"{path}?{urlencode(named)}", document)

    def _get(self, place: Place, target: str) -> Request:
        project = self.missing_project if place.project == "missing" else self.project
        host = f"{project}.{self.authority}"
        return Request("GET", f"{self.scheme}://{host}{target}", [("Host", host)])

    def _post(self, place: Place, target: str, document: object) -> Request:
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        plain = self._get(place, target)
        headers = Headers(
            [*plain.headers.pairs, ("Content-Type", "application/json"), ("Content-Length", str(len(wire_bytes(body))))]
        )
        return Request("POST", plain.url, headers, wire_bytes(body))

    def _dressed(self, request: Request, step: Step, at: datetime) -> Request:
        dress = step.dress
        form = WIRE_FORMS[dress.form] if request.method == "GET" else WIRE_FORMS["plain"]
        credentials, moment = self.keys[dress.key], at + timedelta(seconds=dress.shift)
        worn = request.replace(headers=_worn(request.headers, form))
        signer = Signer(credentials, dress.scheme, moment, self._sign)
        if dress.flaw is not None:
            signed = FLAWS[dress.flaw].make(worn, signer)
        else:
            signed = self._finished(signer(worn), form, signer)
        return signed.replace(headers=_spelled(signed.headers, form))

    def _finished(self, signed: Request, form: WireForm, signer: Signer) -> Request:
        """Take away and add what this client does differently from ours; the signature stays right."""
        if form.omits:
            region = self._region(signed) if signer.scheme == "v4" else None
            fewer = signed.replace(headers=signed.headers.without(*form.omits))
            signed = resign(fewer, Dialect(signer.scheme, region), signer.credentials)
        added = list(form.unsigned)
        if form.repeats_date:
            added.append(("x-log-date", signed.headers["Date"]))
        if form.bare_question_mark and not signed.query:
            signed = signed.replace(url=signed.url + "?")
        return signed.replace(headers=Headers([*signed.headers.pairs, *added]))

    def _sign(self, request: Request, credentials: Credentials, scheme: Scheme, at: datetime) -> Request:
        region = self._region(request) if scheme == "v4" else None
        return sign(request, credentials, scheme=scheme, region=region, at=at)

    def _region(self, request: Request) -> str:
        return region_of(request.host) or self.region

    def knowing(self, role: Role, shards: tuple[int, ...]) -> Bench:
        """Return the bench with the shards of one logstore learnt."""
        return replace(self, shards={**self.shards, role: shards})


def _worn(headers: Headers, form: WireForm) -> Headers:
    """Add the form's headers where the request does not have its own."""
    return Headers([*headers.pairs, *((name, value) for name, value in form.headers if name not in headers)])


def _spelled(headers: Headers, form: WireForm) -> Headers:
    spell = {"lower": str.lower, "upper": str.upper, "title": str.title}.get(form.casing, str)
    return Headers([(spell(name), value) for name, value in headers.pairs])
