"""Pairs in which a client sees nothing but values that move, or a state of the service."""

from __future__ import annotations

import hashlib
import json
import zlib

from labelled_pairs.wire import (
    AT,
    BUSY,
    CODED,
    DENIED,
    E0,
    E1,
    FRESH,
    GOOD,
    GROUPS,
    GZIP,
    HOST,
    HTML,
    LATE,
    LATER,
    LIST,
    MISSING,
    ONE,
    PATH,
    UNSIGNED,
    WRONG,
    asked,
    both,
    error,
    packed,
    recorded,
    response,
    with_entry,
)

from sls_contract.cassettes.recording import Provenance, SignatureNote
from sls_contract.exchange import Request
from sls_contract.headers import Headers
from sls_contract.signing import TEST_CREDENTIALS, sign

H = {"name": "h", "timeout": 30, "order": False}

#: name: pair, slug among the changes; a client sees nothing but values that move, or a state of the service
BENIGN = {
    "checkpoint moved": (both(GOOD, with_entry(checkpoint="MTczMjUyOTM4Mg==")), "entry-checkpoint"),
    "checkpoint written for the first time": (both(response([FRESH]), response([E0]), ONE), "entry-checkpoint"),
    "group made again": (both(response([E0]), response([FRESH]), ONE), "entry-checkpoint"),
    "updateTime moved": (both(GOOD, with_entry(updateTime=1732529382123456)), "update-time-type"),
    "updateTime ran back": (both(GOOD, with_entry(updateTime=1424224984800922)), "update-time-type"),
    "updateTime 0": (both(GOOD, with_entry(updateTime=0, checkpoint="")), "update-time-type"),
    "consumer moved": (both(GOOD, with_entry(consumer="消费者")), "entry-consumer"),
    "consumer left": (both(GOOD, with_entry(consumer="")), "entry-consumer"),
    "consumer named at last": (both(with_entry(consumer=...), GOOD), "consumer-missing"),
    "nobody, and no consumer": (
        both(
            response([FRESH]),
            response([{key: value for key, value in FRESH.items() if value != "" or key != "consumer"}]),
        ),
        "consumer-missing",
    ),
    "malformed signature refused otherwise": (
        both(recorded(DENIED, UNSIGNED), recorded(error(400, "MissingParameter", "x"), UNSIGNED)),
        "served",
    ),
    "order of entries": (both(GOOD, response([E1, E0])), "entry-order"),
    "order of keys": (both(GOOD, response([dict(reversed(E0.items())), E1])), "json-form"),
    "white space": (both(GOOD, response(json.dumps([E0, E1], indent=2).encode())), "json-form"),
    "escapes": (both(GOOD, response(packed((E0, E1)).replace(b"consumer_1", b"\\u0063onsumer_1"))), "json-form"),
    "line end behind it": (both(GOOD, response(packed((E0, E1)) + b"\n")), "json-form"),
    "a shard was split": (both(GOOD, response([E0, E1, {**FRESH, "shard": 2}])), "every-shard"),
    "shards were merged": (both(GOOD, response([{**FRESH, "shard": 2}])), "every-shard"),
    "one shard split and gone": (
        both(GOOD, response([E1, {**FRESH, "shard": 2}, {**FRESH, "shard": 3}])),
        "every-shard",
    ),
    "logstore made again": (both(response([{**E0, "shard": 2}]), response([FRESH])), "every-shard"),
    "the shard exists now": (both(response([]), response([E0]), ONE), "known-shard"),
    "request id": (both(GOOD, response(x_log_requestid="67444CE6AAAAAAAAAAAAAAAA")), "request-id"),
    "request id of another form": (both(GOOD, response(x_log_requestid="1b4e28ba-2fa1-11d2")), "request-id-form"),
    "date, and request": (both(GOOD, recorded(response(at=LATER), asked(at=LATER))), "response-date"),
    "date of a copy": (both(GOOD, response(at=LATER)), "response-date"),
    "recorded later": (
        both(
            recorded(GOOD, asked(), provenance=Provenance(recorded_at=AT)),
            recorded(response(at=LATER), asked(at=LATER), provenance=Provenance(recorded_at=LATER)),
        ),
        "response-date",
    ),
    "server": (both(GOOD, response(Server="nginx/1.12.1")), "header"),
    "server hides": (both(GOOD, response(Server=None)), "header"),
    "connection": (both(GOOD, response(Connection="close")), "header"),
    "keep-alive": (both(GOOD, response(Keep_Alive="timeout=5")), "header"),
    "origin": (both(GOOD, response(Access_Control_Allow_Origin=None)), "header"),
    "unnamed header gone": (both(response(x_log_time="1"), GOOD), "header"),
    "unnamed header moved": (both(response(x_log_time="1"), response(x_log_time="2")), "header"),
    "charset": (both(GOOD, response(Content_Type="application/json; charset=utf-8")), "content-type"),
    "casing of a value": (both(GOOD, response(Content_Type="Application/JSON")), "content-type"),
    "chunked": (both(GOOD, response(Content_Length=None, Transfer_Encoding="chunked")), "content-length"),
    "until close": (both(GOOD, response(Content_Length=None)), "content-length"),
    "length again": (both(response(Transfer_Encoding="chunked", Content_Length=None), GOOD), "content-length"),
    "content md5": (
        both(GOOD, response(Content_MD5=hashlib.md5(packed((E0, E1))).hexdigest().upper())),
        "content-md5",
    ),
    "compressed as asked": (both(GOOD, GZIP, **CODED), "content-encoding"),
    "compressed otherwise": (
        both(GZIP, response(zlib.compress(packed((E0, E1))), Content_Encoding="deflate"), **CODED),
        "content-encoding",
    ),
    "no longer compressed": (both(GZIP, GOOD, **CODED), "content-encoding"),
    "decoded by a recorder": (
        both(GOOD, response(Content_Encoding="gzip", Content_Length="90", wire=False)),
        "encoding-not-requested",
    ),
    "casing of headers": (
        both(GOOD, GOOD.replace(headers=Headers([(name.upper(), value) for name, value in GOOD.headers.pairs]))),
        "header-form",
    ),
    "order of headers": (both(GOOD, GOOD.replace(headers=Headers(reversed(GOOD.headers.pairs)))), "header-form"),
    "reason": (both(response(reason="OK"), response(reason="")), "reason"),
    "group deleted": (both(GOOD, MISSING), "group-missing"),
    "logstore deleted": (both(GOOD, error(404, "LogStoreNotExist", "logstore l does not exist")), "logstore-missing"),
    "project deleted": (both(GOOD, error(404, "ProjectNotExist", "The Project does not exist: p")), "project-missing"),
    "group made": (both(MISSING, GOOD), "group-missing"),
    "logstore deleted, too": (
        both(MISSING, error(404, "LogStoreNotExist", "logstore l does not exist")),
        "logstore-missing",
    ),
    "quota": (both(GOOD, error(403, "ReadQuotaExceed", "Read quota is exceeded.")), "served"),
    "quota of meta operations": (
        both(GOOD, error(403, "MetaOperationQpsLimitExceeded", "Qps limit for the meta operation is exceeded.")),
        "served",
    ),
    "project forbidden": (both(GOOD, error(403, "ProjectForbidden", "project p has been forbidden")), "served"),
    "busy": (both(GOOD, BUSY), "served"),
    "busy no more": (both(BUSY, GOOD), "served"),
    "server failed": (both(GOOD, error(500, "InternalServerError", "oops")), "served"),
    "server took too long": (
        both(GOOD, error(500, "RequestTimeout", "The request is timeout. Please try again later.")),
        "served",
    ),
    "failed in place of missing": (both(MISSING, BUSY), "served"),
    "key disabled": (both(GOOD, error(401, "Unauthorized", "AccessKeyId is disabled: x")), "served"),
    "key unknown": (both(GOOD, error(401, "InvalidAccessKeyId", "AccessKeyId x is inactive")), "served"),
    "key unknown under its other code": (
        both(error(401, "Unauthorized", "AccessKeyId not found: x"), error(401, "InvalidAccessKeyId", "x is inactive")),
        "served",
    ),
    "denied in place of missing": (
        both(MISSING, error(401, "Unauthorized", "Access denied by project policy.")),
        "served",
    ),
    "missing in place of denied": (
        both(error(401, "Unauthorized", "AccessKeyId is disabled: x"), MISSING),
        "group-missing",
    ),
    "wording": (both(MISSING, error(404, "ConsumerGroupNotExist", "Consumer group not exist")), "error-message"),
    "wording nobody knows": (both(MISSING, error(404, "ConsumerGroupNotExist", "no such group")), "error-message"),
    "reason of a denial": (
        both(
            error(401, "Unauthorized", "AccessKeyId is disabled: x"),
            error(401, "Unauthorized", "The security token you provided has expired."),
        ),
        "error-message",
    ),
    "order of an error's keys": (
        both(
            MISSING, response({"errorMessage": "consumer group not exist.", "errorCode": "ConsumerGroupNotExist"}, 404)
        ),
        "json-form",
    ),
    "clock, today's code": (
        both(
            recorded(
                error(400, "RequestTimeTooSkewed", "Request time exceeds server time more than 15 minutes."), LATE
            ),
            recorded(error(400, "RequestTimeExpired", "Request time a has been expired while server time is b."), LATE),
        ),
        "served",
    ),
    "late, and told so": (
        both(
            recorded(GOOD, asked()), recorded(error(400, "RequestTimeExpired", "request time a has been expired"), LATE)
        ),
        "clock-accepted",
    ),
    "wrong signature refused at last": (both(recorded(GOOD, WRONG), recorded(DENIED, WRONG)), "authentication-served"),
    "marked signature refused at last": (
        both(
            recorded(GOOD, asked(), signature=SignatureNote("invalid", "digest")),
            recorded(DENIED, asked(), signature=SignatureNote("invalid", "digest")),
        ),
        "served",
    ),
    "unsigned, as the recorder saw, refused at last": (
        both(
            recorded(GOOD, UNSIGNED, signature=SignatureNote("unchecked", "authorization")),
            recorded(DENIED, UNSIGNED, signature=SignatureNote("unchecked", "authorization")),
        ),
        "authentication-served",
    ),
    "clock fixed, the signature dropped by the recorder": (
        both(recorded(error(400, "RequestTimeExpired", "x"), UNSIGNED), recorded(GOOD, UNSIGNED)),
        "served",
    ),
    "key fixed, its signature dropped by the recorder": (
        both(recorded(DENIED, UNSIGNED), recorded(GOOD, UNSIGNED)),
        "served",
    ),
    "unsigned refused otherwise": (
        both(
            recorded(
                error(400, "MissingSignatureMethod", "x-log-signaturemethod does not exist in http header."), UNSIGNED
            ),
            recorded(error(400, "MissingParameter", "Missing http extend header key : authorization."), UNSIGNED),
        ),
        "served",
    ),
    "status of a code with two": (
        both(
            error(415, "InvalidContentType", "Content-Type x is unsupported."),
            error(400, "InvalidContentType", "Content-Type x is unsupported."),
        ),
        "error-status",
    ),
    "unknown key of an entry gone": (both(with_entry(lag=1), GOOD), "entry-additive-key"),
    "unknown key's value": (both(with_entry(lag=1), with_entry(lag="2")), "entry-additive-key"),
    "unknown key of an error gone": (both(error(404, "ConsumerGroupNotExist", hint=1), MISSING), "error-additive-key"),
    "details of a denial moved": (
        both(
            error(401, "Unauthorized", "x", accessDeniedDetail=None),
            error(401, "Unauthorized", "x", accessDeniedDetail={}),
        ),
        "error-additive-key",
    ),
    "fixed: seconds": (both(with_entry(updateTime=1524224984), GOOD), "update-time-unit"),
    "fixed: wrapped": (both(response({"checkpoints": [E0, E1]}), GOOD), "body-array"),
    "fixed: twice": (both(response([E0, E0, E1]), GOOD), "duplicate-shard"),
    "fixed: status": (both(response(status=201), GOOD), "success-status"),
    "fixed: no request id": (both(response(x_log_requestid=None), GOOD), "request-id"),
    "fixed: text": (both(with_entry(updateTime="1524224984800922"), GOOD), "update-time-type"),
    "fixed: null": (both(with_entry(checkpoint=None), GOOD), "entry-checkpoint"),
    "fixed: name of a missing project": (
        both(
            error(404, "ProjectNotExists", "Project p does not exist."),
            error(404, "ProjectNotExist", "Project p does not exist."),
        ),
        "project-missing",
    ),
    "fixed: proxy's page": (both(response(HTML, 502, Content_Type="text/html"), GOOD), "served"),
    "seconds before and after": (
        both(with_entry(updateTime=1524224984), with_entry(updateTime=1524224999)),
        "update-time-type",
    ),
    "nonsense refused": (
        both(
            GOOD, error(400, "ParameterInvalid", "The parameter shard must be a positive integer"), f"{PATH}?shard=abc"
        ),
        "served",
    ),
    "nonsense refused otherwise": (
        both(error(400, "ParameterInvalid", "x"), error(404, "ShardNotExist", "shard not exist."), f"{PATH}?shard=-1"),
        "served",
    ),
    "nonsense refused in place of missing": (
        both(MISSING, error(400, "ParameterInvalid", "x"), f"{PATH}?shard=abc"),
        "served",
    ),
    "one refusal for another": (
        both(
            error(400, "ParameterInvalid", "x"),
            error(400, "PostBodyInvalid", "The request body is not valid JSON object."),
        ),
        "served",
    ),
    "group made, signature replaced by a recorder": (
        both(recorded(MISSING, WRONG), recorded(GOOD, WRONG)),
        "group-missing",
    ),
    "key of some groups only": (
        both(response([LIST[0] | {"note": 1}, H]), response([H]), GROUPS),
        "value",
    ),
    "content type at last": (both(response(LIST, Content_Type=None), response(LIST), GROUPS), "content-type"),
    "nonsense served": (both(error(400, "ParameterInvalid", "x"), response([]), f"{PATH}?shard="), "served"),
    "unknown query key refused": (both(GOOD, error(400, "ParameterInvalid", "x"), f"{PATH}?offset=1"), "served"),
    "client signs otherwise": (
        both(
            recorded(GOOD, asked()),
            recorded(
                GOOD,
                sign(Request("GET", f"https://{HOST}{PATH}", {"Host": HOST}), TEST_CREDENTIALS, scheme="v4", at=AT),
            ),
        ),
        "request",
    ),
    "another client": (both(recorded(GOOD, asked(User_Agent="a")), recorded(GOOD, asked(User_Agent="b"))), "request"),
    "signature dropped by a recorder": (both(recorded(GOOD, asked()), recorded(GOOD, UNSIGNED)), "request"),
    "a response at last": (both(recorded(None, asked(), broken="reset"), GOOD), "recording-incomplete"),
    "broken off otherwise": (
        both(recorded(None, asked(), broken="reset"), recorded(None, asked(), broken="timeout")),
        "recording-incomplete",
    ),
    "groups moved": (both(response(LIST), response([{**LIST[0], "name": "h", "timeout": 60}]), GROUPS), "value"),
    "no group left": (both(response(LIST), response([]), GROUPS), "value"),
    "more groups": (both(response(LIST), response([*LIST, H]), GROUPS), "value"),
    "shards held moved": (
        both(response([0]), response([0, 1]), f"{PATH}?type=heartbeat", method="POST", body=b"[]"),
        "value",
    ),
    "group existed before": (
        both(response(b"", Content_Type=None), error(400, "ConsumerGroupAlreadyExist", "x"), GROUPS, method="POST"),
        "served",
    ),
    "unlisted state of another operation": (
        both(response([0]), error(404, "IndexConfigNotExist", "x"), "/logstores/l/index"),
        "served",
    ),
    "log data": (
        both(
            response(b"\x00\x01", Content_Type="application/x-protobuf"),
            response(b"\x00\x02", Content_Type="application/x-protobuf"),
            "/logstores/l/shards/0",
        ),
        "value",
    ),
}
