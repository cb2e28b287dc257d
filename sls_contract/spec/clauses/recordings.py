"""``SLS6xx``: recordings: secrets, integrity, provenance, age."""

from __future__ import annotations

from sls_contract.spec.finding import Clause, Level

CLAUSES = (
    Clause(
        code="SLS601",
        slug="secret-in-recording",
        level=Level.VIOLATION,
        title="No recording holds a secret",
        text=(
            "Neither an access key id, secret or security token, nor a signature made with them, stands in a "
            "recording, in any encoding. If one does: revoke the key, remove it from the history, record again."
        ),
        sources=("CommonRequestHeaders page, Authorization and x-acs-security-token", "Rule of this project"),
    ),
    Clause(
        code="SLS602",
        slug="recording-edited",
        level=Level.WARNING,
        title="A recording holds what was recorded",
        text=(
            "The digest beside an exchange is not that of its values: it was edited by hand or written again by "
            "another tool. It proves no more than its editor meant; record it again."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS603",
        slug="recording-provenance",
        level=Level.UNSPECIFIED,
        title="A recording says where it comes from",
        text=(
            "The exchange was recorded by another tool, which keeps neither endpoint nor time nor evidence: what it "
            "proves is not known."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS604",
        slug="recording-unanswered",
        level=Level.UNSPECIFIED,
        title="A request was answered",
        text=(
            "No whole answer came: the connection was refused, reset, cut off, or timed out. Only the request is "
            "judged."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS605",
        slug="recording-age",
        level=Level.WARNING,
        title="A recording agreed with the service not long ago",
        text=(
            "The exchange was last recorded or compared with the live service longer ago than the age that was asked "
            "for. Record it again, or compare it (pytest --sls-record=verify)."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS606",
        slug="recording-damaged",
        level=Level.VIOLATION,
        title="A cassette can be read",
        text=(
            "The file is whole, is UTF-8 and YAML (or JSON) of vcrpy's version 1, holds no conflict markers of a "
            "merge, and ends where its recording ended. A damaged file is left as it is and never recorded over."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS607",
        slug="request-not-recorded",
        level=Level.VIOLATION,
        title="A replayed request has a recording",
        text=(
            "In replay every request is answered from the cassette and none reaches the network. A request that "
            "nothing recorded answers fails the test, also where the client swallows the error."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS608",
        slug="recording-unopened-body",
        level=Level.WARNING,
        title="What is written was looked into",
        text=(
            "A body whose content coding cannot be opened (br, zstd, one that lies) is written as it came, so whether "
            "it holds a secret is not known. Ask for gzip, deflate or nothing; the service offers no other."
        ),
        sources=("CommonRequestHeaders page, Accept-Encoding", "Rule of this project"),
    ),
    Clause(
        code="SLS609",
        slug="recording-age-unknown",
        level=Level.UNSPECIFIED,
        title="A recording says when it was made",
        text=(
            "An age was asked for, and the exchange says neither when it was recorded nor when it was last compared "
            "with the service: whether it is too old is not known."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS610",
        slug="recording-unplayed",
        level=Level.WARNING,
        title="Every recorded exchange is played",
        text=(
            "The tests of a cassette ran to their end, and none asked for the exchange: a reader takes it for evidence "
            "of what the tests rely on. Record it again (pytest --sls-record=all), or ask for it."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS611",
        slug="recording-orphaned",
        level=Level.WARNING,
        title="Every cassette belongs to a test",
        text=(
            "The whole folder of tests was collected, and no test in it plays the cassette: it was renamed or removed. "
            "Delete the file, or give it the name of its test."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS612",
        slug="names-of-others",
        level=Level.WARNING,
        title="A live recording holds no names of others",
        text=(
            "An answer of the live service holds names of groups, consumers, logstores or projects that no request "
            "had named before: they belong to others. They are hidden while recording unless that is switched off "
            "(sls_hide_names); sls_rename hides them, too. Names of fewer than three characters, numbers and words of "
            "the protocol can be hidden by sls_rename only."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS614",
        slug="nothing-asked",
        level=Level.VIOLATION,
        title="A marked test asks for something",
        text=(
            "A test with the marker sls_cassette passed, and not one request of it came to its cassette: nothing was "
            "recorded, played or judged. Its client asks a host that is not owned (ini sls_hosts adds hosts), is "
            "replaced by a double, or is one that is not recorded; or the test needs no marker. Where it is meant, "
            "sls_cassette(empty=True) says so. It is a warning where the marker stands on a class or module, the test "
            "uses no fixture of this plugin, and asked no host at all."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS615",
        slug="foreign-host-asked",
        level=Level.UNSPECIFIED,
        title="A test under a cassette asks the service only",
        text=(
            "While a cassette was open, a host on another machine was asked that cassettes do not own: the request "
            "passed by, in replay too, and was neither recorded nor judged. Where the host stands for the service "
            "(a gateway, a name of one's own), add it to ini sls_hosts; where it is another one, nothing is wrong."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS616",
        slug="request-stopped",
        level=Level.VIOLATION,
        title="No request to the service goes past the cassettes",
        text=(
            "A request to an owned host was stopped since no cassette took it, and the test passed all the same: its "
            "client, or the test, swallowed the error, so that what it relies on was not looked at. Mark the test and "
            "record it, or take the request out. A test that names NetworkBlocked where it catches the error means it, "
            "and so does sls_allow('SLS616', reason=…). A request between tests, which fails none, is a warning."
        ),
        sources=("Rule of this project",),
    ),
    Clause(
        code="SLS617",
        slug="recording-failed",
        level=Level.WARNING,
        title="The test that recorded an exchange passed",
        text=(
            "The test failed while it recorded this exchange. The exchange stays in the file as a trace, is never "
            "played, and `diff` leaves it out. Fix the test and record it again: --sls-record=once replaces the "
            "exchanges of the failed recording."
        ),
        sources=("Rule of this project",),
    ),
)
