"""``SLS5xx``: what a client does, judged by ``exercise``, which runs it against an endpoint in known situations.

50x how a run ends, 51x what is asked, 52x success told from failure, 53x the checkpoints that are passed on,
541 how an error is told.
"""

from __future__ import annotations

from sls_contract.spec.finding import violation, warning

_PROTOCOL = "Protocol of sls-contract exercise (docs/exercise.md)"
_PAGE = "GetCheckPoint page"
_ELEMENTS = f"{_PAGE}, response elements"
_SIGNATURE = "RequestSignature page"
_HTTP = "RFC 9110"


CLAUSES = (
    violation("SLS501", "protocol-broken", "A success ends with a line of JSON").says(
        "If the client exits 0, the last non-blank line of its standard output is JSON: the array of "
        "checkpoints as the client understood them.",
        _PROTOCOL,
    ),
    warning("SLS502", "error-line-missing", "A failure ends with a line about the error").says(
        'If the client exits 1 to 125, its last line of standard output is {"errorCode": …, "status": …}. '
        "Each is null or left out if the client does not know it.",
        _PROTOCOL,
    ),
    violation("SLS503", "exit-code", "The client exits with 0 to 125").says(
        "0 is a success, 77 means that the client cannot do what is requested, and any other code up to 125 "
        "is an error that the client noticed. A higher code, or a signal, is a crash. 77 after an answer to "
        "GetCheckPoint hides what the client made of it.",
        _PROTOCOL,
    ),
    violation("SLS504", "hang", "The client ends").says(
        "The client ends within the time for a run (--timeout, 30 seconds). A client that hangs waits for "
        "something that does not come; usually a read timeout is missing.",
        _PROTOCOL,
    ),
    violation("SLS505", "unbounded-retries", "The client gives up").says(
        "The client stops sending requests within the time for a run (--timeout, 30 seconds). A client that "
        "does not stop retries without a limit, or with one that is too high.",
        _PROTOCOL,
    ),
    warning("SLS506", "secret-printed", "The client prints no secret").says(
        "What the client prints has neither the access key secret nor the security token, in no encoding. Logs are "
        "kept and shared. The access key id is no secret.",
        "Rule of this project",
        _PROTOCOL,
    ),
    violation("SLS511", "no-request-sent", "The client sends GetCheckPoint").says(
        "The client sends at least one GetCheckPoint request to the project's host. It uses plain HTTP, "
        "through HTTP_PROXY or to SLS_LOOPBACK.",
        _PROTOCOL,
        f"{_PAGE}, request syntax",
    ),
    violation("SLS512", "wrong-parameter", "The client requests what it was given").says(
        "Endpoint, project, logstore and consumer group are those that the client was given, and the query key shard "
        "has the given number. With an empty SLS_SHARD the key is left out, which means every shard. Shard 0 "
        "is a shard.",
        _PROTOCOL,
        f"{_PAGE}, request parameters",
    ),
    violation("SLS513", "signature-missing", "Every request is signed").says(
        "A request without an Authorization header is anonymous and is refused.",
        _SIGNATURE,
        "CommonRequestHeaders page, Authorization (required)",
    ),
    violation("SLS514", "signature-wrong", "The signature verifies").says(
        "The signature is that of the request, made with the given key. The finding SLS3xx beside this one "
        "names the first wrong step.",
        _SIGNATURE,
        "Signers of the official SDKs",
    ),
    violation("SLS515", "auth-not-as-told", "The client signs in the requested scheme").says(
        "SLS_AUTH=v1 asks for Authorization: LOG …, SLS_AUTH=v4 for Authorization: SLS4-HMAC-SHA256 …. A client that "
        "knows one scheme only exits 77 for the other.",
        _PROTOCOL,
    ),
    violation("SLS516", "token-missing", "A temporary key comes with its token").says(
        "With ALIBABA_CLOUD_SECURITY_TOKEN set, every request carries exactly that token in x-acs-security-token.",
        "CommonRequestHeaders page, x-acs-security-token",
        _PROTOCOL,
    ),
    violation("SLS517", "key-sent-elsewhere", "The key is sent to the service only").says(
        "A request to another host has no access key id, secret, signature or security token: not in a "
        "header, the URL or the body. In base64, hexadecimal or percent-encoded form they are still the key. The "
        "secret is in no request at all: the service needs the signature only.",
        _SIGNATURE,
        _PROTOCOL,
    ),
    violation("SLS518", "key-follows-redirect", "The key does not follow a redirect to another host").says(
        "A client that follows a redirect to another host sends neither Authorization nor "
        "x-acs-security-token there: the other host could use them.",
        f"{_HTTP} section 15.4: a user agent ought to remove Authorization when a redirect leads elsewhere",
    ),
    violation("SLS519", "state-changed", "A client that reads changes nothing").says(
        "After the run the consumer group is there, and each shard has the checkpoint that it had before. Each run "
        "makes one call, GetCheckPoint, which only reads. Another checkpoint makes consumers skip or repeat data.",
        _PROTOCOL,
        _PAGE,
    ),
    violation("SLS521", "silent-success", "An error or a broken answer is not a success").says(
        "If the answer is an error, is not a list of checkpoints, or does not come, the client fails. An "
        "empty list instead makes a consumer start again or skip data.",
        f"{_ELEMENTS}: the body is an array of checkpoints",
        "CommonErrorCodes page: an error answer means that the request failed",
    ),
    violation("SLS522", "good-answer-refused", "A correct answer is understood").says(
        "An answer that conforms to the contract is accepted in unusual form too: chunked, without "
        "Content-Length, with other casing of header names, with a new key.",
        _ELEMENTS,
        f"{_HTTP} section 5.1: header names are case-insensitive; RFC 9112 section 6.3: message length",
    ),
    violation("SLS523", "error-code-lost", "The errorCode reaches the caller").says(
        "The client reports the errorCode of an error answer unchanged, also a new one. Callers use it to "
        "decide whether to wait, to create the group, or to give up.",
        f"{_PAGE}, error codes",
        "CommonErrorCodes page",
    ),
    violation("SLS524", "status-wrong", "The reported status was answered").says(
        "If the client reports an HTTP status for an error, the service answered with that status. If the client "
        "reports the errorCode of an answer, too, it is the status of that answer. No status (null) is fine; if no "
        "answer had a status, nothing is judged.",
        _PROTOCOL,
    ),
    violation("SLS531", "not-a-list", "The client prints a list of checkpoints").says(
        "The JSON that the client prints on success is an array of objects, like the answer. It is not the "
        "text of the answer, a single object, or an object around the list.",
        _ELEMENTS,
        _PROTOCOL,
    ),
    violation("SLS532", "entry-dropped", "Every entry of the answer is passed on").says(
        "The client passes on one entry for each entry of the answer.", _ELEMENTS
    ),
    violation("SLS533", "entry-invented", "No entry is made up").says(
        "The client passes on no entry that the answer does not have, and none more often than the answer has it.",
        _ELEMENTS,
    ),
    violation("SLS534", "entry-relabelled", "An entry keeps its shard").says(
        "An entry keeps the shard that the answer gives it. A checkpoint under another shard makes a consumer "
        "resume at the wrong place, even if the service ignored the filter.",
        f"{_ELEMENTS}, shard",
    ),
    violation("SLS535", "checkpoint-changed", "A checkpoint is returned unchanged").says(
        "The checkpoint is text for the client: not decoded, trimmed, or turned into null where it is empty.",
        f"{_ELEMENTS}, checkpoint",
        "UpdateCheckPoint page: a checkpoint is opaque base64",
    ),
    violation("SLS536", "update-time-changed", "updateTime is passed on exactly").says(
        "updateTime is a 64-bit integer, microseconds since 1970 UTC. It is passed on exactly: not rounded to "
        "a double (from 2^53 on), not in seconds or milliseconds, not left out.",
        f"{_ELEMENTS}, updateTime",
        "RFC 8259 section 6: integers beyond 2^53 are not exact in doubles",
    ),
    violation("SLS537", "consumer-changed", "The consumer's name is returned unchanged").says(
        "consumer is passed on as it was answered, in Unicode. Absent, null and empty count as equal.",
        f"{_ELEMENTS}, consumer",
        "RequestSignature page: texts are UTF-8",
    ),
    warning("SLS538", "number-as-text", "Numbers stay numbers").says(
        "shard and updateTime are JSON numbers in the answer. A client that prints them as text leaves the "
        "conversion to its callers.",
        f"{_ELEMENTS}: shard and updateTime are integers",
    ),
    warning("SLS541", "error-line-types", "errorCode is a text, status a whole number").says(
        "In the last line of a failure, errorCode is a text and status a whole number, not its digits as text. "
        "Each is null or left out if the client does not know it. Callers compare an errorCode with texts.",
        _PROTOCOL,
        f"{_PAGE}, error codes",
    ),
)
