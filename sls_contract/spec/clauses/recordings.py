"""``SLS6xx``: recordings: secrets, integrity, provenance, age."""

from __future__ import annotations

from sls_contract.spec.finding import Clause, Level

CLAUSES = (
    Clause(
        code="SLS601",
        slug="secret-in-recording",
        level=Level.VIOLATION,
        title="A recording has no secret",
        text=(
            "A recording contains an access key id, a secret, a security token, or a signature made with them, in some "
            "encoding. Revoke the key, remove the file from the history of the repository, and record again."
        ),
        sources=("CommonRequestHeaders page, Authorization and x-acs-security-token", "Rule of this project"),
    ),
    Clause(
        code="SLS602",
        slug="recording-edited",
        level=Level.WARNING,
        title="A recording was not edited",
        text=(
            "The digest of the exchange does not match its values. Somebody edited it, or another tool rewrote it. It "
            "no longer shows what the service answered: record it again."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS603",
        slug="recording-provenance",
        level=Level.UNSPECIFIED,
        title="A recording names its origin",
        text=(
            "Another tool recorded the exchange and stored no endpoint, time or evidence. It is not known what the "
            "recording proves."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS604",
        slug="recording-unanswered",
        level=Level.UNSPECIFIED,
        title="A request was answered",
        text=(
            "The answer is missing or incomplete: the connection was refused, reset, cut off, or timed out. Only the "
            "request is judged."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS605",
        slug="recording-age",
        level=Level.WARNING,
        title="The recording is fresh",
        text=(
            "The exchange was last recorded or compared with the live service longer ago than the given maximum age. "
            "Compare it (pytest --sls-record=verify) or record it again."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS606",
        slug="recording-damaged",
        level=Level.VIOLATION,
        title="A cassette can be read",
        text=(
            "The file is complete, is UTF-8, is YAML or JSON of vcrpy's version 1, and has no merge conflict markers. "
            "A damaged file is never changed or recorded over."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS607",
        slug="request-not-recorded",
        level=Level.VIOLATION,
        title="A replayed request has a recording",
        text=(
            "In replay, every request is answered from the cassette and none reaches the network. A request without a "
            "recording fails the test, also if the client catches the error."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS608",
        slug="recording-unopened-body",
        level=Level.WARNING,
        title="Recorded bodies could be scanned",
        text=(
            "The content coding of a body cannot be decoded, so it is not known whether the body has a secret. It was "
            "written as it came. Request gzip, deflate, lz4 or zstd, or no coding."
        ),
        sources=("CommonRequestHeaders page, Accept-Encoding", "Rule of this project"),
    ),
    Clause(
        code="SLS609",
        slug="recording-age-unknown",
        level=Level.UNSPECIFIED,
        title="The age of a recording is known",
        text=(
            "A maximum age was given, and the exchange stores neither the time of its recording nor of its last "
            "comparison. It is not known whether it is too old."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS610",
        slug="recording-unplayed",
        level=Level.WARNING,
        title="Every recorded exchange is played",
        text=(
            "All tests of the cassette ran to their end, and none requested this exchange. Readers take it for "
            "evidence of what the tests rely on. Request it in a test, or record the cassette again (pytest "
            "--sls-record=all)."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS611",
        slug="recording-orphaned",
        level=Level.WARNING,
        title="Every cassette belongs to a test",
        text=(
            "The whole folder of tests was collected, and no test in it plays this cassette. The test was renamed or "
            "removed. Delete the file, or rename it after its test."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS612",
        slug="names-of-others",
        level=Level.WARNING,
        title="A live recording has only your names",
        text=(
            "An answer of the live service has names of groups, consumers, logstores or projects that no request used "
            "before: they may belong to somebody else. They are hidden while recording, unless sls_hide_names is off. "
            "sls_rename hides them too, and is the only way for names below three characters, numbers, and words of "
            "the protocol."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS614",
        slug="nothing-asked",
        level=Level.VIOLATION,
        title="A marked test sends a request",
        text=(
            "A test with the marker sls_cassette passed, but none of its requests reached the cassette: nothing was "
            "recorded, played or judged. Perhaps its client calls a host that is not owned (ini sls_hosts adds hosts), "
            "is replaced by a double, or cannot be recorded; or the test needs no marker. If this is intended, write "
            "sls_cassette(empty=True). It is a warning if the marker stands on a class or module, and the test uses no "
            "fixture of this plugin and calls no host at all."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS615",
        slug="foreign-host-asked",
        level=Level.UNSPECIFIED,
        title="A test with a cassette calls the service only",
        text=(
            "While a cassette was open, the test called a host on another machine that cassettes do not own. The "
            "request was sent, in replay too, and was neither recorded nor judged. If the host is the service (a "
            "gateway, a name of your own), add it to ini sls_hosts; otherwise nothing is wrong."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS616",
        slug="request-stopped",
        level=Level.VIOLATION,
        title="No request bypasses the cassettes",
        text=(
            "A request to an owned host was blocked because no cassette was open for it, and the test still passed: "
            "the client or the test caught the error, so nothing was checked. Mark the test and record it, or remove "
            "the request. If the error is expected, catch NetworkBlocked by name, or write sls_allow('SLS616', "
            "reason=…). Between tests it is a warning."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS617",
        slug="recording-failed",
        level=Level.WARNING,
        title="The recording test passed",
        text=(
            "The test failed while it recorded this exchange. The exchange stays in the file as a trace; it is never "
            "played, and `diff` ignores it. Fix the test and record it again: --sls-record=once replaces the exchanges "
            "of the failed recording."
        ),
        sources=("Rule of this project",),
    ),
)
