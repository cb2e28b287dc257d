"""``SLS25x`` and ``SLS26x``: an answer's headers, its framing and its encodings."""

from __future__ import annotations

from sls_contract.spec.finding import unspecified, violation, warning

CLAUSES = (
    violation("SLS251", "request-id", "The answer has x-log-requestid").says(
        "Every answer, errors included, has the header x-log-requestid, in any casing and not empty. Support "
        "needs it to find a request.",
        "CommonResponseHeaders page, x-log-requestid",
        "GetCheckPoint page, sample response",
    ),
    warning("SLS252", "request-id-form", "x-log-requestid has its usual form").says(
        "Every documented or observed request id has 24 upper-case hexadecimal digits. The first 8 are the "
        "Unix seconds of the answer: 5AEC275D1FFC036AB254B20C belongs to Fri, 04 May 2018 09:26:53 GMT. They "
        "are compared with the Date header, to within 15 minutes.",
        "GetCheckPoint page, sample response",
        "CommonResponseHeaders page, sample",
        "Seven printed or observed answers that show both id and Date",
    ),
    violation("SLS253", "content-type", "A body is declared as what it is").says(
        "A JSON body has Content-Type: application/json, in any casing and with any parameter such as "
        "charset. This applies to errors, and to a success of any operation whose pages describe a JSON body; "
        "for operations known from SDK models only, no source states the type. The Node SDK returns the text of "
        "anything else as a success, errors included. Log groups have Content-Type: application/x-protobuf.",
        "GetCheckPoint page, sample response",
        "PullLogs page, sample response",
        "CommonResponseHeaders page, Content-Type",
        "npm @alicloud/log: parses only application/json",
    ),
    violation("SLS254", "response-date", "The answer has a Date in GMT").says(
        "Every answer has Date in the form of RFC 1123, in GMT: Fri, 04 May 2018 09:26:53 GMT.",
        "CommonResponseHeaders page, Date",
    ),
    violation("SLS255", "response-clock", "The answer's Date is its time, to within 15 minutes").says(
        "The Date of an answer is within 15 minutes of the time at which the answer came. For a recording "
        "that is the time of recording; if it is not known, it is the date of the request.",
        "CommonResponseHeaders page, Date: the time of the answer",
        "CommonRequestHeaders page: 15 minutes",
    ),
    unspecified("SLS256", "response-clock-unknown", "The answer's Date can be compared").says(
        "Neither the time of the exchange nor a readable date in the request is known, so Date is not judged.",
        "CommonResponseHeaders page, Date",
    ),
    violation("SLS261", "content-length", "Content-Length is the length of the body").says(
        "If Content-Length is sent, it is one decimal number, and the body on the wire, compressed, has that "
        "many bytes. Chunked answers have none. Answers to HEAD, 204 and 304 are not judged.",
        "CommonResponseHeaders page, Content-Length",
        "RFC 9112 sections 6 and 6.2",
    ),
    violation("SLS262", "content-encoding", "The body is encoded as Content-Encoding says").says(
        "A body declared as gzip or deflate decodes completely, with nothing after its end, and to at most 32 MiB.",
        "RFC 9110 section 8.4",
        "CommonRequestHeaders page, Accept-Encoding",
    ),
    violation("SLS263", "encoding-not-accepted", "The answer uses a compression that the request accepts").says(
        "A compression, in Content-Encoding or x-log-compresstype, is one that the request's Accept-Encoding "
        "lists (or *), and not with q=0. A client that accepts only identity cannot read gzip.",
        "CommonRequestHeaders page, Accept-Encoding",
        "RFC 9110 section 12.5.3",
    ),
    warning("SLS264", "encoding-not-asked", "An answer is compressed only if the request accepts it").says(
        "The request has no Accept-Encoding. The page reads that as not compressed, RFC 9110 as anything. The "
        "Node SDK of the 2020-12-30 API sends none and cannot read gzip.",
        "CommonRequestHeaders page, Accept-Encoding: null means not compressed",
        "RFC 9110 section 12.5.3",
    ),
    violation("SLS265", "compress-type", "The body is compressed as x-log-compresstype says").says(
        "A body declared as lz4 (one block), zstd or deflate (zlib or raw) decompresses as such, to at most "
        "32 MiB. If x-log-bodyrawsize is sent, it is a number, and that of the decompressed bytes. An empty "
        "body is empty.",
        "CommonRequestHeaders page, x-log-compresstype and x-log-bodyrawsize (the same on answers)",
        "aliyun-log-python-sdk, pull_logs and compress.py (lz4, zstd)",
    ),
    violation("SLS266", "content-md5", "Content-MD5 is that of the body").says(
        "If an answer has Content-MD5, it is the MD5 of the body as sent, in upper-case hexadecimal digits.",
        "CommonResponseHeaders page, Content-MD5",
    ),
    unspecified("SLS267", "encoding-unknown", "The encoding of the body is supported here").says(
        "The request accepts an encoding that sls-contract cannot decode (br, compress), and the answer uses "
        "it. The body is not judged.",
        "CommonRequestHeaders page, Accept-Encoding and x-log-compresstype: lz4 and deflate",
    ),
)
