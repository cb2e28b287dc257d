"""Pairs in which a client meets something new that it may ignore."""

from __future__ import annotations

from labelled_pairs.wire import E0, E1, GOOD, GROUPS, LIST, MISSING, both, error, response, with_entry

#: something new that may be ignored
ADDITIVE = {
    "key in an entry": (both(GOOD, with_entry(lag=1)), "entry-additive-key"),
    "key in every entry": (both(GOOD, response([{**E0, "lag": 1}, {**E1, "lag": 2}])), "entry-additive-key"),
    "key with a slash": (both(GOOD, with_entry(**{"a/b~c": {}})), "entry-additive-key"),
    "second key": (both(with_entry(lag=1), with_entry(lag=1, lead=2)), "entry-additive-key"),
    "key and moved values": (both(GOOD, with_entry(lag=1, checkpoint="MTIz", updateTime=0)), "entry-additive-key"),
    "key of the group that was made": (both(MISSING, with_entry(lag=1)), "entry-additive-key"),
    "key in an error": (both(MISSING, error(404, "ConsumerGroupNotExist", requestId="x")), "error-additive-key"),
    "key in another error": (both(GOOD, error(404, "ConsumerGroupNotExist", requestId="x")), "error-additive-key"),
    "details of a denial": (
        both(error(401, "Unauthorized", "x"), error(401, "Unauthorized", "x", accessDeniedDetail={"a": 1})),
        "error-additive-key",
    ),
    "header": (both(GOOD, response(x_log_time="1732529382")), "new-header"),
    "header of a proxy": (both(GOOD, response(Via="1.1 proxy")), "new-header"),
    "header in Chinese": (both(GOOD, response(x_note="日志")), "new-header"),
    "cookie": (both(GOOD, response(Set_Cookie="a=b")), "new-header"),
    "header of an error": (both(MISSING, response(MISSING.body, 404, x_log_time="1")), "new-header"),
    "brotli as asked": (
        both(GOOD, response(b"\x8b\x01", Content_Encoding="br"), Accept_Encoding="br"),
        "encoding-unknown",
    ),
    "other brotli": (
        both(response(b"1", Content_Encoding="br"), response(b"2", Content_Encoding="br"), Accept_Encoding="br"),
        "encoding-unknown",
    ),
    "key of a group": (both(response(LIST), response([{**LIST[0], "shards": 2}]), GROUPS), "new-key"),
    "key deep in another operation": (
        both(response({"a": {"b": 1}}), response({"a": {"b": 1, "c": 2}}), "/logstores/l"),
        "new-key",
    ),
    "body where there was none": (
        both(response(b""), response({"ok": 1}), GROUPS, method="POST"),
        "new-body",
    ),
}
