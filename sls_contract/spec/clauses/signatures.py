"""``SLS3xx``: a request's signature, one clause for each step of verifying it, in order."""

from __future__ import annotations

from sls_contract.spec.finding import unspecified, violation

_V1 = "RequestSignature page, signing an API request"
_V4 = "Official SDKs' v4 signers, which agree with each other (aliyun-log-go-sdk signature_v4.go, python, java)"

CLAUSES = (
    violation("SLS301", "signature-authorization", "Authorization has one of its three forms").says(
        "v1: LOG, a space, the access key id, a colon, the signature in standard base64 (28 characters for "
        "hmac-sha1, 44 for hmac-sha256). v4: SLS4-HMAC-SHA256 "
        "Credential=<id>/<yyyymmdd>/<region>/sls/aliyun_v4_request,Signature=<64 lower-case hex digits>, "
        "without a space after the comma. A request without the header is not signed: some SDKs send it if "
        "the secret is empty.",
        _V1,
        _V4,
        "aliyun-log-go-sdk issue 203: the word SLS in place of LOG is refused",
    ),
    violation("SLS302", "signature-access-key", "The access key id is the one whose secret signs, with its token").says(
        "The id in Authorization is that of the credentials given, and a temporary key comes with its own "
        "security token. Otherwise the service answers 401 Unauthorized or InvalidAccessKeyId.",
        _V1,
        "CommonErrorCodes page, Unauthorized and InvalidAccessKeyId",
    ),
    violation("SLS303", "signature-date", "The signed date is the request's date").says(
        "v1 signs the value of x-log-date where it is sent, else that of Date, in the DATE line. v4 signs x-log-date.",
        _V1,
        _V4,
        "CommonRequestHeaders page, note on x-log-date",
    ),
    violation("SLS304", "signature-content-md5", "Content-MD5 is that of the body, and it is signed").says(
        "Where the request has a body, Content-MD5 is the MD5 of the body as sent (compressed), in upper-case "
        "hexadecimal digits, and stands in the CONTENT-MD5 line of v1; without a body that line is empty.",
        _V1,
        "CommonRequestHeaders page, Content-MD5",
    ),
    violation("SLS305", "signature-content-type", "The signed content type is the one sent").says(
        "Content-Type is signed as sent, also on a GET without a body; the line is empty where it is not sent.",
        _V1,
        "GetCheckPoint page: Content-Type on a GET",
    ),
    violation("SLS306", "signature-header-list", "All x-log and x-acs headers are signed").says(
        "v1 signs every header that begins with x-log or x-acs, but not x-log-date: names in lower case, sorted, "
        "name:value without spaces around the colon. v4 signs host, content-type where sent, and every x-log- "
        "and x-acs- header, x-log-date included.",
        _V1,
        _V4,
    ),
    violation("SLS307", "signature-resource", "Path and query are signed as they are asked for").says(
        "v1 signs the path and, behind a question mark, the query sorted by key with values that are not "
        "percent-encoded, an empty value keeping its equals sign. v4 signs the query sorted by key with values "
        "percent-encoded (RFC 3986), an empty value leaving the key alone.",
        _V1,
        _V4,
    ),
    violation("SLS308", "signature-scope", "The v4 scope is that of this request").says(
        "The Credential's scope has the day of x-log-date (UTC), the region of the endpoint where its name tells "
        "one, the service sls and the word aliyun_v4_request. A port or an empty text is no region.",
        _V4,
    ),
    violation("SLS309", "signature-payload-hash", "x-log-content-sha256 is the hash of the body").says(
        "A v4 request carries x-log-content-sha256, the SHA-256 of the body as sent in lower-case hexadecimal "
        "digits; without a body that of nothing, e3b0c442…b855.",
        _V4,
    ),
    violation("SLS310", "signature-digest", "The signature is the digest of the string to sign").says(
        "The signature is an HMAC with the access key secret over the string to sign in UTF-8. In v1 it is "
        "base64 of hmac-sha1 or hmac-sha256, as x-log-signaturemethod says; in v4 it is hex of hmac-sha256 "
        "with the derived key. If only this is wrong, compare the strings to sign (sls-contract signature), "
        "and check the secret for a space or line break at its end.",
        _V1,
        _V4,
        "CommonErrorCodes page, SignatureNotMatch",
    ),
    violation("SLS311", "request-clock", "The request's time is within 15 minutes of the clock").says(
        "The request's time (x-log-date, else Date) is no more than 15 minutes from the time at which it is "
        "received, before or after. Judged only where that time is known; otherwise the request is refused with "
        "400 RequestTimeExpired (RequestTimeTooSkewed in the older table).",
        "CommonRequestHeaders page, note on the maximum difference",
        "aliyun-log-c-sdk issue 49: RequestTimeExpired",
    ),
    unspecified("SLS312", "signature-not-verified", "The signature was verified").says(
        "No credentials were given and the access key id is not the public test key: only the form of the "
        "signature was judged. Or another recorder removed Authorization, and it is not known what was "
        "signed.",
        _V1,
    ),
)
