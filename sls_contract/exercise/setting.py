"""The settings of one run of the client: names, key, scheme and environment."""

from __future__ import annotations

import random
import string
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args
from urllib.parse import quote

from sls_contract.endpoint.node import node_options
from sls_contract.signing import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.exercise.situation import Situation

Scheme: TypeAlias = Literal["v1", "v4"]
"""The values of ``SLS_AUTH``."""

SCHEMES: tuple[Scheme, ...] = get_args(Scheme)

_PREFIX = "ALIBABA_CLOUD_"
_PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy")
_REMOVED = frozenset({"NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"})
_BEHIND, _AHEAD = "Pacific/Pago_Pago", "Pacific/Kiritimati"  # 11 hours behind UTC, 14 ahead, all year
_SWITCH = 10  # o'clock in UTC; from then on the next day has begun in Kiritimati
_LETTERS = string.ascii_letters + string.digits
_LOWER = string.ascii_lowercase + string.digits


@dataclass(frozen=True, slots=True)
class Auth:
    """How a run signs: the scheme, and whether with a temporary key (STS)."""

    scheme: Scheme
    sts: bool = False

    def __str__(self) -> str:
        """Return the name in reports: ``v1``, ``v4-sts``."""
        return f"{self.scheme}-sts" if self.sts else self.scheme


@dataclass(frozen=True, slots=True)
class Setting:
    """The names, key and scheme of one run of the client.

    Attributes:
        region: such as ``cn-hangzhou``.
        project: made up for this run, like all names and keys, so that a client cannot know them beforehand.
        logstore: of the project.
        group: the consumer group.
        shard: the shard to request; None: leave the parameter out.
        scheme: to sign with.
        credentials: to sign with; with a security token in STS scenarios.

    """

    region: str
    project: str
    logstore: str
    group: str
    shard: int | None
    scheme: Scheme
    credentials: Credentials

    @property
    def endpoint(self) -> str:
        """The name of a real endpoint."""
        return f"{self.region}.log.aliyuncs.com"

    @property
    def host(self) -> str:
        """The required value of the Host header."""
        return f"{self.project}.{self.endpoint}"

    def secrets(self) -> tuple[str, ...]:
        """Return the parts of the key in every usual encoding, longest first; reports must mask them."""
        key = self.credentials
        known = filter(None, (key.access_key_id, key.access_key_secret, key.security_token))
        return tuple(sorted({form for part in known for form in encodings_of(part)}, key=len, reverse=True))


def encodings_of(secret: str) -> set[str]:
    """Return the encodings of a secret: raw, percent-encoded, hexadecimal, and inside the base64 of a longer text.

    Base64 turns three bytes into four characters, so the text depends on the position of the secret in such a group.
    Characters that also encode neighbouring bytes are left out (RFC 4648 section 4).
    """
    data = secret.encode()
    forms = {secret, quote(secret), quote(secret, safe=""), data.hex(), data.hex().upper()}
    for before in range(3):
        first, end = -(-before * 8 // 6), (before + len(data)) * 8 // 6
        padded = bytes(before) + data
        forms |= {encode(padded).decode()[first:end] for encode in (b64encode, urlsafe_b64encode)}
    return forms


def make_setting(seed: int, situation: Situation, auth: Auth) -> Setting:
    """Make up names and a key for a run; the same seed, situation and auth give the same ones."""
    numbers = random.Random(f"{seed} {situation.name} {auth}")  # noqa: S311 - the keys are valid only for this endpoint
    return Setting(
        situation.region,
        f"project-{_word(numbers, _LOWER, 6)}",
        f"logstore-{_word(numbers, _LOWER, 6)}",
        situation.group or f"Group-{_word(numbers, _LETTERS, 6)}",  # names of groups may have capitals
        situation.shard,
        auth.scheme,
        _key(numbers, sts=auth.sts),
    )


def time_zone(now: datetime) -> str:
    """Return a zone whose day differs from that of UTC, so that a client that takes its local time for UTC fails."""
    return _BEHIND if now.astimezone(UTC).hour < _SWITCH else _AHEAD


def environment(setting: Setting, address: str, inherited: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Return the environment of the client's process: the inherited one, with the protocol's variables.

    Args:
        setting: the names, key and scheme for the client.
        address: ``127.0.0.1:PORT`` of the endpoint.
        inherited: the caller's environment; its proxies and its Alibaba Cloud variables are not passed on.
        now: the time, by which the time zone is chosen.

    """
    kept = {name: text for name, text in inherited.items() if name not in _REMOVED and not name.startswith(_PREFIX)}
    key = setting.credentials
    token = {} if key.security_token is None else {f"{_PREFIX}SECURITY_TOKEN": key.security_token}
    return {
        **kept,
        **dict.fromkeys(_PROXIES, f"http://{address}"),
        "SLS_ENDPOINT": setting.endpoint,
        "SLS_LOOPBACK": address,
        "SLS_PROJECT": setting.project,
        "SLS_LOGSTORE": setting.logstore,
        "SLS_CONSUMER_GROUP": setting.group,
        "SLS_SHARD": "" if setting.shard is None else str(setting.shard),
        "SLS_REGION": setting.region,
        "SLS_AUTH": setting.scheme,
        "TZ": time_zone(now),
        f"{_PREFIX}ACCESS_KEY_ID": key.access_key_id,
        f"{_PREFIX}ACCESS_KEY_SECRET": key.access_key_secret,
        **token,
        "NODE_OPTIONS": node_options(inherited.get("NODE_OPTIONS", "")),
    }


def _key(numbers: random.Random, *, sts: bool) -> Credentials:
    secret = _word(numbers, _LETTERS, 30)
    if not sts:
        return Credentials(f"LTAI5t{_word(numbers, _LETTERS, 18)}", secret)
    return Credentials(f"STS.N{_word(numbers, _LETTERS, 24)}", secret, f"CAIS{_word(numbers, _LETTERS + '+/', 120)}==")


def _word(numbers: random.Random, letters: str, length: int) -> str:
    return "".join(numbers.choices(letters, k=length))
