"""``SLS6xx``: recordings: secrets, integrity, provenance, age."""

from __future__ import annotations

from sls_contract.spec.finding import unspecified, violation, warning

CLAUSES = (
    violation("SLS601", "secret-in-recording", "A recording has no secret").says(
        "A recording contains an access key id, a secret, a security token, or a signature made with them, in some "
        "encoding. Revoke the key, remove the file from the history of the repository, and record again.",
        "CommonRequestHeaders page, Authorization and x-acs-security-token",
        "Rule of this project",
    ),
    warning("SLS602", "recording-edited", "A recording was not edited").says(
        "The digest of the exchange does not match its values. Somebody edited it, or another tool rewrote it. It "
        "no longer shows what the service answered: record it again.",
        "Rule of this project",
    ),
    unspecified("SLS603", "recording-provenance", "A recording names its origin").says(
        "Another tool recorded the exchange and stored no endpoint, time or evidence. It is not known what the "
        "recording proves.",
        "Rule of this project",
    ),
    unspecified("SLS604", "recording-unanswered", "A request was answered").says(
        "The answer is missing or incomplete: the connection was refused, reset, cut off, or timed out. Only the "
        "request is judged.",
        "Rule of this project",
    ),
    warning("SLS605", "recording-age", "The recording is fresh").says(
        "The exchange was last recorded or compared with the live service longer ago than the given maximum age. "
        "Compare it (pytest --sls-record=verify) or record it again.",
        "Rule of this project",
    ),
    violation("SLS606", "recording-damaged", "A cassette can be read").says(
        "The file is complete, is UTF-8, is YAML or JSON of vcrpy's version 1, and has no merge conflict markers. "
        "A damaged file is never changed or recorded over.",
        "Rule of this project",
    ),
    violation("SLS607", "request-not-recorded", "A replayed request has a recording").says(
        "In replay, every request is answered from the cassette and none reaches the network. A request without a "
        "recording fails the test, also if the client catches the error.",
        "Rule of this project",
    ),
    warning("SLS608", "recording-unopened-body", "Recorded bodies could be scanned").says(
        "The content coding of a body cannot be decoded, or the body is an archive (zip, bzip2, xz), so it is not "
        "known whether the body has a secret. It was written as it came. Request gzip, deflate, lz4 or zstd, or no "
        "coding.",
        "CommonRequestHeaders page, Accept-Encoding",
        "Rule of this project",
    ),
    unspecified("SLS609", "recording-age-unknown", "The age of a recording is known").says(
        "A maximum age was given, and the exchange stores neither the time of its recording nor of its last "
        "comparison. It is not known whether it is too old.",
        "Rule of this project",
    ),
    warning("SLS610", "recording-unplayed", "Every recorded exchange is played").says(
        "All tests of the cassette ran to their end, and none requested this exchange. Readers take it for "
        "evidence of what the tests rely on. Request it in a test, or record the cassette again (pytest "
        "--sls-record=all).",
        "Rule of this project",
    ),
    warning("SLS611", "recording-orphaned", "Every cassette belongs to a test").says(
        "The whole folder of tests was collected, and no test in it plays this cassette. The test was renamed or "
        "removed. Delete the file, or rename it after its test.",
        "Rule of this project",
    ),
    warning("SLS612", "names-of-others", "A live recording has only your names").says(
        "An answer of the live service has names of groups, consumers, logstores or projects that no request used "
        "before: they may belong to somebody else. They are hidden while recording, unless sls_hide_names is off. "
        "sls_rename hides them too, and is the only way for names below three characters, numbers, and words of "
        "the protocol.",
        "Rule of this project",
    ),
    violation("SLS614", "nothing-asked", "A marked test sends a request").says(
        "A test with the marker sls_cassette passed, but none of its requests reached the cassette: nothing was "
        "recorded, played or judged. Perhaps its client calls a host that is not owned (ini sls_hosts adds hosts), "
        "is replaced by a double, or cannot be recorded; or the test needs no marker. If this is intended, write "
        "sls_cassette(empty=True). It is a warning if the marker stands on a class or module, and the test uses no "
        "fixture of this plugin and calls no host at all.",
        "Rule of this project",
    ),
    unspecified("SLS615", "foreign-host-asked", "A test with a cassette calls the service only").says(
        "While a cassette was open, the test called a host on another machine that cassettes do not own. The "
        "request was sent, in replay too, and was neither recorded nor judged. If the host is the service (a "
        "gateway, a name of your own), add it to ini sls_hosts; otherwise nothing is wrong.",
        "Rule of this project",
    ),
    violation("SLS616", "request-stopped", "No request bypasses the cassettes").says(
        "A request to an owned host was blocked because no cassette was open for it, and the test still passed: "
        "the client or the test caught the error, so nothing was checked. Mark the test and record it, or remove "
        "the request. If the error is expected, catch NetworkBlocked by name, or write sls_allow('SLS616', "
        "reason=…). Between tests it is a warning.",
        "Rule of this project",
    ),
    warning("SLS617", "recording-failed", "The recording test passed").says(
        "The test failed while it recorded this exchange. The exchange stays in the file as a trace; it is never "
        "played, and `diff` ignores it. Fix the test and record it again: --sls-record=once replaces the exchanges "
        "of the failed recording.",
        "Rule of this project",
    ),
)
