"""What a run of the client is told, and what it inherits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from sls_contract.exercise.setting import SCHEMES, Auth, environment, make_setting, time_zone
from sls_contract.exercise.situations import SITUATIONS

PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy")
ADDRESS = "127.0.0.1:4321"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


V1 = Auth("v1")


def setting(auth: Auth = V1, shard: int | None = 1, seed: int = 0):
    return make_setting(seed, replace(SITUATIONS["shard-given"], shard=shard), auth)


def test_the_environment_is_the_protocol():
    """Every variable of the protocol is there, and says what the setting says."""
    told = setting(Auth("v4"))
    env = environment(told, ADDRESS, {}, NOW)
    key = told.credentials
    assert env["SLS_ENDPOINT"] == "cn-hangzhou.log.aliyuncs.com"
    assert (env["SLS_PROJECT"], env["SLS_LOGSTORE"], env["SLS_CONSUMER_GROUP"]) == (
        told.project,
        told.logstore,
        told.group,
    )
    assert (env["SLS_REGION"], env["SLS_AUTH"], env["SLS_SHARD"]) == ("cn-hangzhou", "v4", "1")
    assert env["SLS_LOOPBACK"] == ADDRESS
    assert env["TZ"] == "Pacific/Pago_Pago"
    assert {env[name] for name in PROXIES} == {f"http://{ADDRESS}"}
    assert env["ALIBABA_CLOUD_ACCESS_KEY_ID"] == key.access_key_id
    assert env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] == key.access_key_secret
    assert "ALIBABA_CLOUD_SECURITY_TOKEN" not in env


@pytest.mark.parametrize("month", [1, 7])
@pytest.mark.parametrize("hour", range(24))
def test_the_local_day_is_never_that_of_utc(month, hour):
    """At every hour of the day, in summer and in winter: a client that signs its local day signs another day."""
    for now in (datetime(2026, month, 5, hour, tzinfo=UTC), datetime(2026, month, 5, hour, 59, 59, tzinfo=UTC)):
        assert now.astimezone(ZoneInfo(time_zone(now))).date() != now.date()
        shanghai = now.astimezone(ZoneInfo("Asia/Shanghai"))
        assert time_zone(shanghai) == time_zone(now)


def test_a_temporary_key_has_a_token():
    """Only with STS the token is set."""
    told = setting(Auth("v1", sts=True))
    assert environment(told, ADDRESS, {}, NOW)["ALIBABA_CLOUD_SECURITY_TOKEN"] == told.credentials.security_token


def test_no_shard_is_an_empty_text():
    """Without a shard the variable is there, and empty; shard 0 is a shard."""
    assert environment(setting(shard=None), ADDRESS, {}, NOW)["SLS_SHARD"] == ""
    assert environment(setting(shard=0), ADDRESS, {}, NOW)["SLS_SHARD"] == "0"


def test_proxies_and_keys_of_the_caller_are_not_inherited():
    """What would lead around our endpoint, or be a real key, is removed; the rest stays."""
    inherited = {
        "PATH": "/bin",
        "NO_PROXY": "*",
        "no_proxy": "*",
        "ALL_PROXY": "socks5://x",
        "all_proxy": "socks5://x",
        "HTTP_PROXY": "http://corp:3128",
        "ALIBABA_CLOUD_SECURITY_TOKEN": "real",
        "ALIBABA_CLOUD_PROFILE": "prod",
        "SLS_SHARD": "9",
        "名": "值",
    }
    env = environment(setting(), ADDRESS, inherited, NOW)
    assert (env["PATH"], env["名"], env["SLS_SHARD"]) == ("/bin", "值", "1")
    gone = {"NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "ALIBABA_CLOUD_SECURITY_TOKEN", "ALIBABA_CLOUD_PROFILE"}
    assert not gone & env.keys()
    assert not {"real", "http://corp:3128"} & set(env.values())


def test_names_and_keys_follow_from_seed_scenario_and_auth():
    """The same run is told the same; another one is told other names and keys, which have the form of real ones."""
    assert setting() == setting()
    others = [setting(seed=1), setting(Auth("v4")), make_setting(0, SITUATIONS["shard-omitted"], V1)]
    for other in others:
        assert other.project != setting().project
        assert other.credentials != setting().credentials
    assert setting().credentials.access_key_id.startswith("LTAI")
    assert setting(Auth("v1", sts=True)).credentials.access_key_id.startswith("STS.")


def test_secrets_are_all_that_must_not_be_shown():
    """Key id, secret and token, the longest first, so that no part of one is left."""
    key = setting(Auth("v4", sts=True))
    secrets = key.secrets()
    assert {
        key.credentials.access_key_id,
        key.credentials.access_key_secret,
        key.credentials.security_token,
    } < set(secrets)
    assert list(map(len, secrets)) == sorted(map(len, secrets), reverse=True)
    assert min(map(len, setting().secrets())) >= len(setting().credentials.access_key_id)


def test_auth_reads_as_reports_name_it():
    """The four ways to sign."""
    names = [str(Auth(scheme, sts)) for scheme in SCHEMES for sts in (False, True)]
    assert names == ["v1", "v1-sts", "v4", "v4-sts"]
