"""``SLS25x`` and ``SLS26x``: an answer's headers, its framing and its encodings."""

from __future__ import annotations

from sls_contract.spec.finding import Clause, Level

CLAUSES = (
    Clause(
        code="SLS251",
        slug="request-id",
        level=Level.VIOLATION,
        title="The answer has x-log-requestid",
        text=(
            "Every answer, errors included, carries the header x-log-requestid, in any casing and not empty: it is "
            "what support asks for."
        ),
        sources=("CommonResponseHeaders page, x-log-requestid", "GetCheckPoint page, sample response"),
    ),
    Clause(
        code="SLS252",
        slug="request-id-form",
        level=Level.WARNING,
        title="x-log-requestid has its usual form",
        text=(
            "Every request id that was printed or observed has 24 upper-case hexadecimal digits, and the first 8 are "
            "the Unix seconds of the answer: 5AEC275D1FFC036AB254B20C goes with Fri, 04 May 2018 09:26:53 GMT. "
            "Judged to within 15 minutes of the Date header."
        ),
        sources=(
            "GetCheckPoint page, sample response",
            "CommonResponseHeaders page, sample",
            "Seven printed or observed answers that show both id and Date",
        ),
    ),
    Clause(
        code="SLS253",
        slug="content-type",
        level=Level.VIOLATION,
        title="A JSON body says application/json",
        text=(
            "A body that is JSON comes with Content-Type: application/json, in any casing and with any parameter "
            "such as charset. It holds for errors, and for a success of any operation whose pages say that it is "
            "JSON; of what only models of SDKs describe, no source says its type. The Node SDK returns the text of "
            "anything else as a success, errors included."
        ),
        sources=(
            "GetCheckPoint page, sample response",
            "CommonResponseHeaders page, Content-Type",
            "npm @alicloud/log: parses only application/json",
        ),
    ),
    Clause(
        code="SLS254",
        slug="response-date",
        level=Level.VIOLATION,
        title="The answer has a Date in GMT",
        text="Every answer carries Date as RFC 1123 has it, in GMT: Fri, 04 May 2018 09:26:53 GMT.",
        sources=("CommonResponseHeaders page, Date",),
    ),
    Clause(
        code="SLS255",
        slug="response-clock",
        level=Level.VIOLATION,
        title="The answer's Date is its time, to within 15 minutes",
        text=(
            "The Date of an answer is within 15 minutes of the time at which it came; for a recording that is the "
            "time of recording, and where that is not known, the time that the request gives for itself."
        ),
        sources=("CommonResponseHeaders page, Date: the time of the answer", "CommonRequestHeaders page: 15 minutes"),
    ),
    Clause(
        code="SLS256",
        slug="response-clock-unknown",
        level=Level.UNSPECIFIED,
        title="The answer's Date can be compared with something",
        text="Neither the time of the exchange nor a readable date in the request is known: Date is not judged.",
        sources=("CommonResponseHeaders page, Date",),
    ),
    Clause(
        code="SLS261",
        slug="content-length",
        level=Level.VIOLATION,
        title="Content-Length is the length of the body",
        text=(
            "Where Content-Length is sent, it is one decimal number, and the body has that many bytes as it stood on "
            "the wire, compressed. Chunked answers, answers to HEAD, 204 and 304 are not judged."
        ),
        sources=("CommonResponseHeaders page, Content-Length", "RFC 9112 section 6"),
    ),
    Clause(
        code="SLS262",
        slug="content-encoding",
        level=Level.VIOLATION,
        title="The body is encoded as Content-Encoding says",
        text=(
            "A body announced as gzip or deflate decodes as such, whole and with nothing behind it, and to no more "
            "than 32 MiB."
        ),
        sources=("RFC 9110 section 8.4", "CommonRequestHeaders page, Accept-Encoding"),
    ),
    Clause(
        code="SLS263",
        slug="encoding-not-accepted",
        level=Level.VIOLATION,
        title="The answer is not compressed in a way that the request excludes",
        text=(
            "A compression, in Content-Encoding or x-log-compresstype, is one that the request's Accept-Encoding "
            "lists (or *), and not with q=0. A client that asked for identity cannot read gzip."
        ),
        sources=("CommonRequestHeaders page, Accept-Encoding", "RFC 9110 section 12.5.3"),
    ),
    Clause(
        code="SLS264",
        slug="encoding-not-asked",
        level=Level.WARNING,
        title="An answer is compressed only where the request asks for it",
        text=(
            "The request has no Accept-Encoding, which the page reads as not compressed and RFC 9110 as anything: "
            "the Node SDK of the 2020-12-30 API sends none and cannot read gzip."
        ),
        sources=(
            "CommonRequestHeaders page, Accept-Encoding: null means not compressed",
            "RFC 9110 section 12.5.3",
        ),
    ),
    Clause(
        code="SLS265",
        slug="compress-type",
        level=Level.VIOLATION,
        title="The body is compressed as x-log-compresstype says",
        text=(
            "A body announced as lz4 (one block), zstd or deflate (zlib or raw) decompresses as such, to no more "
            "than 32 MiB, and to as many bytes as x-log-bodyrawsize says where that is sent, which is a number. An "
            "empty body is empty."
        ),
        sources=(
            "CommonRequestHeaders page, x-log-compresstype and x-log-bodyrawsize (the same on answers)",
            "aliyun-log-python-sdk, pull_logs and compress.py (lz4, zstd)",
        ),
    ),
    Clause(
        code="SLS266",
        slug="content-md5",
        level=Level.VIOLATION,
        title="Content-MD5 is that of the body",
        text="Where an answer has Content-MD5, it is the MD5 of the body as sent, in upper-case hexadecimal digits.",
        sources=("CommonResponseHeaders page, Content-MD5",),
    ),
    Clause(
        code="SLS267",
        slug="encoding-unknown",
        level=Level.UNSPECIFIED,
        title="The body's encoding is one that this tool reads",
        text=(
            "The request accepts an encoding that is not read here (br, compress), and the answer uses it: the body "
            "is not judged."
        ),
        sources=("CommonRequestHeaders page, Accept-Encoding and x-log-compresstype: lz4 and deflate",),
    ),
)
