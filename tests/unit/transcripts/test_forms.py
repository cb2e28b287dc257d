"""Requests in every form in which people hold them: ``forms`` has real output of tools, the others are written here."""

from __future__ import annotations

import json
import pprint
from datetime import UTC, datetime
from pathlib import Path

import pytest
from advice import advised
from hypothesis import given
from hypothesis import strategies as st

from sls_contract import Request, sign, verify_signature
from sls_contract.errors import UsageError
from sls_contract.exchange import wire_bytes
from sls_contract.signing import TEST_CREDENTIALS
from sls_contract.transcripts import READERS, transcript_of
from sls_contract.transcripts.originals import originals

FORMS = Path(__file__).parent / "forms"
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
URL = "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/consumergroups/group?shard=0"


def request(**headers: str) -> Request:
    return sign(Request("GET", URL, headers), TEST_CREDENTIALS, at=AT)


def only(text: str | bytes, form: str) -> Request:
    """Read the one request of a text, in the form that is expected."""
    found = transcript_of(text if isinstance(text, bytes) else wire_bytes(text))
    assert (found.form, len(found.entries)) == (form, 1)
    return found.entries[0].request


@pytest.mark.parametrize(
    ("name", "form", "status"),
    [
        ("curl-v", "curl -v", 401),
        ("curl-trace-time", "curl -v", 401),
        ("curl-trace", "curl --trace", 401),
        ("curl-trace-ascii", "curl --trace", 401),
        ("http-client", "http.client's debug output", 401),
        ("http-client-post", "http.client's debug output", 401),
        ("node-object", "structure of a client", None),
    ],
)
def test_real_output_is_read_and_verifies(name, form, status):
    """What the tool printed holds the request that was sent, body included, and the response beside it."""
    (seen,) = (found := transcript_of((FORMS / f"{name}.txt").read_bytes())).entries
    assert (found.form, seen.response and seen.response.status) == (form, status)
    assert verify_signature(seen.request, TEST_CREDENTIALS, at=AT) is None
    assert (seen.request.method == "POST") == bool(seen.request.body)


@pytest.mark.slow
def test_a_log_that_lost_the_question_mark_is_doubted_first():
    """The debug log of the 2020-12-30 SDK for Python leaves it out, and prints each line twice."""
    (seen,) = transcript_of((FORMS / "tea.txt").read_bytes()).entries
    assert seen.request.url.endswith("/groupshard=0")
    assert verify_signature(seen.request, TEST_CREDENTIALS) is not None
    right = [what for what, each in originals(seen.request) if verify_signature(each, TEST_CREDENTIALS) is None]
    assert right == ["the ? before the query"]


@pytest.mark.parametrize(
    ("name", "lacking"),
    [
        ("aliyun-log", "urllib3, which has no headers"),
        ("httpx", "httpcore, which has no headers"),
        ("undici", "undici, which has no headers"),
        ("node-http", "http, which has no path"),
    ],
)
def test_a_log_without_the_request_says_what_it_lacks(name, lacking):
    """The message names the form, the part that is missing, and how to get a readable one."""
    with pytest.raises(UsageError, match=lacking) as caught:
        transcript_of((FORMS / f"{name}.txt").read_bytes())
    assert advised(str(caught.value), "or paste what '(curl -v)', (http.client's debuglevel) or a wire log prints")
    assert "testAccessKeyId" not in str(caught.value)


def head(sent: Request) -> list[str]:
    return [f"{sent.method} {sent.target} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.headers.pairs)]


def bash(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def ansi(text: str) -> str:
    return "$'" + "".join(char if char.isalnum() else f"\\u{ord(char):04x}" for char in text) + "'"


def cmd(text: str) -> str:
    return '^"' + text.replace("%", "^%") + '^"'


def curl_command(sent: Request, quote=bash, goes_on="\\\n", *first: str) -> str:
    headers = [f"-H {quote(f'{name}: {value}')}" for name, value in sent.headers.pairs]
    return f" {goes_on}  ".join([f"curl {quote(sent.url)}", *first, *headers])


def apache(sent: Request, kind: str, shown: str) -> str:
    prefix = f"2026-01-02 03:04:05,123 DEBUG [main] org.apache.http.{kind} - http-outgoing-0"
    return "\n".join([f"{prefix} >> {shown % line}" for line in [*head(sent), ""][: None if kind == "wire" else -1]])


def go_request(sent: Request) -> str:
    fields = " ".join(f"{name}:[{value}]" for name, value in sent.headers.pairs if name != "Host")
    return (
        f"2026/01/02 03:04:05 &{{Method:GET URL:{sent.url} Proto:HTTP/1.1 ProtoMajor:1 ProtoMinor:1 "
        f"Header:map[{fields}] Body:<nil> ContentLength:0 Close:false Host:{sent.host} RequestURI:}}\n"
    )


def dotnet(sent: Request) -> str:
    fields = "\n".join(f"  {name}: {value}" for name, value in sent.headers.pairs)
    return f"Method: GET, RequestUri: '{sent.url}', Version: 1.1, Content: <null>, Headers:\n{{\n{fields}\n}}"


def ruby(sent: Request) -> str:
    text = "\\r\\n".join([*head(sent), "", ""])
    return f'opening connection to {sent.host}:80...\nopened\n<- "{text}"\n-> "HTTP/1.1 401 Unauthorized\\r\\n"\n'


def okhttp(sent: Request, prefix: str = "") -> str:
    fields = [f"{name}: {value}" for name, value in sent.headers.pairs if name != "Host"]
    lines = [f"--> GET {sent.url} http/1.1", *fields, "--> END GET", f"<-- 401 Unauthorized {sent.url} (8ms)"]
    return "\n".join(prefix + line for line in lines)


def pairs(sent: Request, name: str = "name") -> list[dict[str, str]]:
    return [{name: key, "value": value} for key, value in sent.headers.pairs]


def tshark(sent: Request) -> str:
    line = {"http.request.method": "GET", "http.request.uri": sent.target}
    lines = [f"{name}: {value}\r\n" for name, value in sent.headers.pairs]
    http = {f"{head(sent)[0]}\r\n": line, "http.request.line": lines, "http.request": "1"}
    return json.dumps([{"_index": "packets", "_source": {"layers": {"http": http}}}])


def packet_tree(sent: Request) -> str:
    tree = [f"    {line}\\r\\n" for line in [*head(sent), ""]]
    tree[1:1] = ["        Request Method: GET", f"        Request URI: {sent.target}"]
    return "\n".join(["Hypertext Transfer Protocol", *tree, f"    [Full request URI: {sent.url}]"])


def tcpdump(sent: Request) -> str:
    first, *others = head(sent)
    summary = f"03:04:05.123456 IP 10.0.0.2.50612 > 10.0.0.9.80: Flags [P.], length 400: HTTP: {first}"
    return "\n".join([summary, f"E.....@.@.......%..P..o....k.............{first}", *others, "", ""])


RAW, CURL, STRUCTURE = "raw request", "curl command", "structure of a client"
WAYS = {
    "crlf": (RAW, lambda sent: "\r\n".join([*head(sent), "", ""])),
    "doubled line ends": (RAW, lambda sent: "\n\n".join([*head(sent), "", ""])),
    "fenced": (RAW, lambda sent: "\n".join(["The request:", "", "```http", *head(sent), "```", "and no response"])),
    "commented": (RAW, lambda sent: "\n".join(["# my request", "// sent at noon", *head(sent), ""])),
    "prefixed": (RAW, lambda sent: "\n".join(f"2026-01-02 03:04:0{n % 10} INFO {x}" for n, x in enumerate(head(sent)))),
    "first line prefixed": (RAW, lambda sent: "2026/01/02 03:04:05 " + "\r\n".join([*head(sent), ""])),
    "wrapped": (RAW, lambda sent: "\n".join(head(sent)).replace("LOG test", "LOG\ntest")),
    "utf-16": (RAW, lambda sent: "\n".join(head(sent)).encode("utf-16")),
    "gbk": (RAW, lambda sent: "\n".join([*head(sent), "X-Note: 日志服务"]).encode("gb18030")),
    "with its response": (
        RAW,
        lambda sent: "\n".join([*head(sent), "", "HTTP/1.1 401 Unauthorized", "Server: x", "", "{}"]),
    ),
    "wireshark tree": (RAW, packet_tree),
    "tcpdump -A": (RAW, tcpdump),
    "quoted mail": ("curl -v", lambda sent: "\n".join(f"> {line}" for line in head(sent))),
    "curl bash": (CURL, curl_command),
    "curl ansi": (CURL, lambda sent: curl_command(sent, ansi)),
    "curl cmd": (CURL, lambda sent: curl_command(sent, cmd, "^\r\n")),
    "curl location": (CURL, lambda sent: "$ " + curl_command(sent, bash, "\\\n", "--location", "--compressed", "-sS")),
    "curl with variables": (
        CURL,
        lambda sent: (
            f"export AUTH='{sent.headers['authorization']}'\nHOST={sent.host}\n\n"
            + curl_command(sent, '"{}"'.format)
            .replace(sent.headers["authorization"], "$AUTH")
            .replace(f"http://{sent.host}", "http://${HOST}")
        ),
    ),
    "curl -G": (
        CURL,
        lambda sent: curl_command(sent, bash, "\\\n", "-G", "--data-urlencode shard=0").replace("?shard=0", "", 1),
    ),
    "java wire": ("Apache HttpClient's log", lambda sent: apache(sent, "wire", '"%s[\\r][\\n]"')),
    "java headers": ("Apache HttpClient's log", lambda sent: apache(sent, "headers", "%s")),
    "okhttp": ("OkHttp's log", okhttp),
    "okhttp on android": ("OkHttp's log", lambda sent: okhttp(sent, "01-02 03:04:05.123  99  99 D OkHttp: ")),
    "ruby": ("Net::HTTP's debug output", ruby),
    "go": ("Go's http.Request", go_request),
    ".net": (".NET's HttpRequestMessage", dotnet),
    "axios": (STRUCTURE, lambda sent: json.dumps({"url": sent.url, "method": "get", "headers": dict(sent.headers)})),
    "axios with base": (
        STRUCTURE,
        lambda sent: json.dumps(
            {
                "config": {
                    "baseURL": f"http://{sent.host}",
                    "url": sent.path,
                    "params": {"shard": 0},
                    "headers": dict(sent.headers),
                }
            }
        ),
    ),
    "har": (
        STRUCTURE,
        lambda sent: json.dumps(
            {"log": {"entries": [{"request": {"method": "GET", "url": sent.url, "headers": pairs(sent)}}]}}
        ),
    ),
    "postman": (
        STRUCTURE,
        lambda sent: json.dumps(
            {"item": [{"request": {"method": "GET", "header": pairs(sent, "key"), "url": {"raw": sent.url}}}]}
        ),
    ),
    "insomnia": (
        STRUCTURE,
        lambda sent: json.dumps(
            {"resources": [{"_type": "request", "url": sent.url, "method": "GET", "headers": pairs(sent)}]}
        ),
    ),
    "tshark": (STRUCTURE, tshark),
    "python dict": (STRUCTURE, lambda sent: f"GET {sent.target}\n{dict(sent.headers)}"),
    "python pprint": (STRUCTURE, lambda sent: f"GET {sent.url}\n{pprint.pformat(dict(sent.headers))}"),
    "fetch": (
        STRUCTURE,
        lambda sent: f'fetch("{sent.url}", {{\n  "headers": {json.dumps(dict(sent.headers))},\n  "method": "GET"\n}});',
    ),
    "requests call": (STRUCTURE, lambda sent: f"r = requests.get({sent.url!r}, headers={dict(sent.headers)!r})"),
    "powershell": (
        "PowerShell command",
        lambda sent: (
            f'Invoke-WebRequest -UseBasicParsing -Uri "{sent.url}" `\n-Headers @{{\n'
            + "\n".join(f'"{name}"="{value}"' for name, value in sent.headers.pairs)
            + "\n}"
        ),
    ),
    "php array": (
        STRUCTURE,
        lambda sent: (
            f"GET {sent.url}\n[" + ", ".join(f"'{name}' => '{text}'" for name, text in sent.headers.pairs) + "]"
        ),
    ),
    "node options": (
        STRUCTURE,
        lambda sent: (
            f"{{ hostname: '{sent.host}', port: 80, method: 'GET', path: {json.dumps(sent.target)}, "
            f"headers: {json.dumps(dict(sent.headers))} }}"
        ),
    ),
    "tea dict": (
        STRUCTURE,
        lambda sent: repr(
            {
                "protocol": "http",
                "method": "GET",
                "pathname": sent.path,
                "query": dict(sent.query_pairs()),
                "headers": dict(sent.headers),
            }
        ),
    ),
    "httpie": (
        RAW,
        lambda sent: "\n".join([*head(sent), "", "", "", "HTTP/1.1 401 Unauthorized", "Server: x", "", "{", "}"]),
    ),
    "printed request": (
        RAW,
        lambda sent: "\r\n".join(["-----------START-----------", f"GET {sent.url}", *head(sent)[1:], "", "None"]),
    ),
}


BODY = '{"order": true, "name": "日志 `$1` 😀"}'


def powershell(body: str) -> str:
    """Write a command with a body as Chrome copies it."""
    headers = {"Content-Type": "application/json"}
    sent = sign(Request("POST", URL, headers, BODY.encode()), TEST_CREDENTIALS, at=AT)
    pairs = "\n".join(f'  "{name}"="{value}"' for name, value in sent.headers.pairs if name != "Content-Type")
    return (
        '$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession\n$session.UserAgent = "X"\n'
        f'Invoke-WebRequest -UseBasicParsing -Uri "{URL}" `\n-Method "POST" `\n-WebSession $session `\n'
        f'-Headers @{{\n"authority"="h"\n  "path"="/"\n{pairs}\n}} `\n-ContentType "application/json" `\n-Body {body}'
    )


def quoted_by_powershell(text: str) -> str:
    utf16 = text.encode("utf-16-le")
    units = [int.from_bytes(utf16[at : at + 2], "little") for at in range(0, len(utf16), 2)]
    return (
        '"'
        + "".join(
            f"`{chr(each)}" if chr(each) in '"`$' else chr(each) if each < 128 else f"$([char]{each})" for each in units
        )
        + '"'
    )


@pytest.mark.parametrize(
    "body",
    [
        f"([System.Text.Encoding]::UTF8.GetBytes({quoted_by_powershell(BODY)}))",
        quoted_by_powershell(BODY),
        f"'{BODY}'",
    ],
)
def test_the_body_of_a_powershell_command_is_read_with_its_escapes(body):
    read = only(powershell(body), "PowerShell command")
    assert read.body == BODY.encode()
    assert verify_signature(read, TEST_CREDENTIALS, at=AT) is None


def test_variables_of_powershell_are_looked_up():
    text = powershell("$body").replace("@{", "$headers\n@{", 1)
    headers = text[text.index("@{") : text.index("}") + 1]
    text = f"$headers = {headers}\n$body = '{BODY}'\n{text.replace(headers, '')}"
    assert verify_signature(only(text, "PowerShell command"), TEST_CREDENTIALS, at=AT) is None


CURLY = str.maketrans({"'": "\u2019", '"': "\u201d"})


@pytest.mark.parametrize("outer", ["'", '"'])
@pytest.mark.parametrize("opening", [True, False], ids=["paired", "closing only"])
def test_a_curl_command_keeps_its_body_where_all_quotes_were_made_curly(outer, opening):
    """A text processor makes the quotes of the shell and those of the body alike."""
    sent = sign(
        Request("POST", URL, {"Content-Type": "application/json"}, b'{"a":"b c","d":[1]}'), TEST_CREDENTIALS, at=AT
    )
    words = [f"-H {outer}{name}: {value}{outer}" for name, value in sent.headers.pairs]
    text = f"curl -X POST {outer}{URL}{outer} " + " \\\n  ".join([*words, f"-d {outer}{sent.body.decode()}{outer}"])
    curly = text.replace(f" {outer}", " \u201c" if outer == '"' else " \u2018") if opening else text
    assert verify_signature(only(curly.translate(CURLY), CURL), TEST_CREDENTIALS, at=AT) is None


@pytest.mark.parametrize("way", WAYS)
def test_a_right_signature_verifies_in_every_form(way):
    form, written = WAYS[way]
    sent = request()
    assert verify_signature(only(written(sent), form), TEST_CREDENTIALS, at=AT) is None


@given(
    st.sampled_from(sorted(WAYS.keys() - {"gbk", "curl -G", "curl with variables", "axios with base", "curl cmd"})),
    st.sampled_from(["v1", "v1-sha256", "v4"]),
    st.text("abz09-_.~%日 /+&='\"\\", min_size=1, max_size=8),
)
def test_any_signed_request_verifies_in_every_form(way, scheme, name):
    """Percent-encoded names and values, all schemes: what was written in a form is what is read from it."""
    from urllib.parse import quote

    url = f"http://p.cn-hangzhou.log.aliyuncs.com/logstores/{quote(name, safe='')}?cursor={quote(name, safe='')}"
    sent = sign(Request("GET", url), TEST_CREDENTIALS, scheme=scheme, at=AT)
    form, written = WAYS[way]
    assert verify_signature(only(written(sent), form), TEST_CREDENTIALS, at=AT) is None


def test_every_reader_reads_some_form_of_these():
    known = {form for form, _ in WAYS.values()} | {"curl --trace", "http.client's debug output"}
    assert {reader.form for reader in READERS} == known


def test_each_request_of_a_log_is_read_and_a_connect_is_passed_over():
    lines = ["> CONNECT h:443 HTTP/1.1", "> Host: h:443", ">", "< HTTP/1.1 200 Connection established", "<"]
    for status in (302, 401):
        lines += [f"> {line}" for line in [*head(request()), ""]] + [f"< HTTP/1.1 {status} X", "< Date: d", "<", "{}"]
    found = transcript_of("\n".join(lines).encode())
    assert [seen.response.status for seen in found.entries] == [302, 401]
    assert [seen.line for seen in found.entries] == [6, 18]


def test_the_body_of_a_raw_request_is_not_taken_for_a_structure():
    body = b'{"url": "http://elsewhere/x", "method": "GET"}'
    sent = sign(Request("POST", URL, {"Content-Type": "application/json"}, body), TEST_CREDENTIALS, at=AT)
    text = "\r\n".join([*head(sent), "", ""]).encode() + body
    assert (read := only(text, "raw request")).body == body
    assert verify_signature(read, TEST_CREDENTIALS, at=AT) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("curl -H 'Host: h'", "expected a URL in the curl command"),
        ("curl http://h/l --data-binary @secret.json", "got the name of a file, '@secret.json'"),
        ("{'a': 1}", "expected a request line"),
        ("\n\r\r\n\x1c", "tshark -r FILE -Y http -T json"),
        ("1234:9:websocket;0:~", "flows of mitmproxy; 'sls-contract signature FILE'"),
        ("\x1f\x8b", "unpack it first"),
        ('LogException: {"errorCode": "SignatureNotMatch"}', "an error alone; 'sls-contract explain -'"),
    ],
)
def test_what_a_form_lacks_is_named(text, message):
    with pytest.raises(UsageError, match=message):
        transcript_of(text.encode())
