"""The key of a run in pieces, in other alphabets, and in compressed text inside of a message."""

import base64
import binascii
import codecs
import gzip
import html
import json
import math
import random
import re
import textwrap
import zlib

import pytest

from sls_contract.cassettes.scrub import Scrubber, leaks
from sls_contract.signing import TEST_STS_CREDENTIALS, Credentials

KEY = Credentials("LTAI5tQw7Zx9KeyUnseen42R", "pW8+v/Unseen3Of9This=Run0x7Lk", "CAIS" + "q9/Z+m3bT0" * 18 + "Ew==")
PUBLIC_SECRET = TEST_STS_CREDENTIALS.access_key_secret.encode()
SECRETS = (KEY.access_key_id, KEY.access_key_secret, KEY.security_token)


def in_two(between):
    return lambda s: s[: len(s) // 2] + between + s[len(s) // 2 :]


def dump(form, width):
    def dumped(s):
        rows = [s.encode()[at : at + 16] for at in range(0, len(s), 16)]
        return "\n".join(f"{at * 16:08x}: {form(row):{width}}  |{row.decode()}|" for at, row in enumerate(rows))

    return dumped


def uuencoded(s):
    return "".join(binascii.b2a_uu(s.encode()[at : at + 45]).decode() for at in range(0, len(s), 45))


def base58(text):
    number = int(text.encode().hex(), 16)
    signs = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    return "".join(signs[number // 58**at % 58] for at in range(math.ceil(math.log(number, 58))))[::-1]


SPELLED = {
    "XML, two sections": in_two("]]><![CDATA["),
    "HTML, two elements": in_two("</b><i>"),
    "a comment": in_two("<!-- -->"),
    "colours of a terminal": in_two("\x1b[0m\x1b[31m"),
    "a sentence": in_two(" is how it begins, and it ends in "),
    "a quoted letter": in_two("\n> "),
    "events of a server": in_two("\ndata: "),
    "lines of a log": in_two("\n2026-11-23 INFO "),
    "chunks of HTTP": in_two("\r\n1f\r\n"),
    "halves in the wrong order": lambda s: s[len(s) // 2 :] + s[: len(s) // 2],
    "the end missing": lambda s: s[: -len(s) // 3],
    "the beginning missing": lambda s: s[len(s) // 3 :],
    "hexdump": dump(lambda row: row.hex(" "), 47),
    "xxd": dump(lambda row: row.hex(" ", 2), 39),
    "hexdump in words": lambda s: "\n".join(
        f"{at:07x} " + " ".join(s.encode()[i : i + 2][::-1].hex() for i in range(at, min(at + 16, len(s) // 2 * 2), 2))
        for at in range(0, len(s), 16)
    ),
    "base32": lambda s: base64.b32encode(s.encode()).decode(),
    "base32 behind a word": lambda s: base64.b32encode(f"id={s}.".encode()).decode().lower().rstrip("="),
    "base85": lambda s: base64.b85encode(s.encode()).decode(),
    "base85 of Adobe": lambda s: base64.a85encode(f"{{{s}}}".encode(), adobe=True).decode(),
    "uuencode": uuencoded,
    "base58": base58,
    "base64 in lower case": lambda s: base64.b64encode(f"x{s}".encode()).decode().lower(),
    "rot13": lambda s: codecs.encode(s, "rot13"),
    "base64 in groups": lambda s: " ".join(textwrap.wrap(base64.b64encode(s.encode()).decode(), 4)),
    "base64 in two literals": lambda s: in_two('" + "')(base64.b64encode(f"x{s}".encode()).decode()),
    "numbers in octal": lambda s: " ".join(f"{ord(char):03o}" for char in s),
    "octal of C": lambda s: "".join(f"\\{ord(char):o}" for char in s),
    "entities without their end": lambda s: "".join(f"&#{ord(char)}" for char in s),
    "an array of Node": lambda s: json.dumps(dict(enumerate(s.encode()))),
    "an object of characters": lambda s: json.dumps(dict(enumerate(s))),
    "calls of Python": lambda s: " + ".join(f"chr({ord(char)})" for char in s),
    "reversed": lambda s: s[::-1],
}


def letters(text):
    return re.sub(r"[^0-9A-Za-z]", "", text)


@pytest.mark.parametrize("spelling", SPELLED)
def test_the_key_in_pieces_and_in_other_alphabets(spelling):
    """Id, secret and token are found and replaced: no twelve letters in a row are left, nor what says as much."""
    for secret in SECRETS:
        text = SPELLED[spelling](secret)
        data = f"before {text} after".encode()
        assert leaks(data, [KEY])
        clean = Scrubber([KEY]).bytes(data)
        assert clean.startswith(b"before ")
        assert clean.endswith(b" after")
        left = letters(html.unescape(clean.decode()))
        for known, size in ((letters(secret), 12), (letters(text), 40)):
            assert not any(known[at : at + size] in left for at in range(len(known) - size + 1)), clean
        assert Scrubber([KEY]).bytes(clean) == clean


def test_json_stays_json():
    """An array of numbers or characters that spells the secret is masked where it stands, and can still be read."""
    for spelled in (dict(enumerate(SECRETS[1].encode())), dict(enumerate(SECRETS[1]))):
        clean = json.loads(Scrubber([KEY]).bytes(json.dumps({"n": 1, "key": spelled}).encode()))
        assert clean["n"] == 1
        assert len(clean) == 2


SEQUENCES = Credentials("LTAI5t0123456789abcdefgh", "s3cr3tKEY/0123456789+ABCDEFGHIJK")
WORDS = Credentials("my-consumer-group-reader-1", "consumer-group-secret-of-my-project-1")
MADE_UP = Credentials("LTAI4Fabcdefghijklmnopqr", "ConsumerGroupUpdateCheckPoint1xx")
REPEATED = Credentials("LTAI5t11111111111111Aaaa", "1a1a1a1a1a1a1a1aA1a1a1a1a1a1a1")
INNOCENT = {
    "another id of the same account": (KEY, "LTAI5tQw7Z is the beginning of an id"),
    "a few letters": (KEY, f"{SECRETS[1][:9]} and {SECRETS[1][-9:]}"),
    "the common beginning of tokens": (KEY, f"token {SECRETS[2][:13]}"),
    "digits and letters in their order": (SEQUENCES, "disk-0123456789abcdefgh: 0123456789ABCDEFGHIJK"),
    "words that a key is made of": (WORDS, "/consumergroups/my-consumer-group-reader?project=secret-of-my-project"),
    "words without signs between, that a key is made of": (MADE_UP, "ConsumerGroupUpdateCheckPoint"),
    "numbers in their order, and a key with letters in theirs": (MADE_UP, " ".join(map(str, range(999)))),
    "numbers in hex, in their order": (MADE_UP, " ".join(f"{number:04x}" for number in range(9999))),
    "numbers, and a key of a few letters": (REPEATED, " ".join(map(str, range(999)))),
    "letters that are repeated": (REPEATED, "1a" * 10),
    "many numbers": (KEY, json.dumps([random.Random(1).randrange(10**6) for _ in range(3000)])),
    "random base64": (KEY, base64.b64encode(random.Random(2).randbytes(30_000)).decode()),
    "random base64 in lower case": (KEY, base64.b64encode(random.Random(2).randbytes(30_000)).decode().lower()),
    "random hex": (KEY, random.Random(3).randbytes(30_000).hex()),
}


@pytest.mark.parametrize("kind", INNOCENT)
def test_what_many_texts_have_in_common_stays(kind):
    """What is too short, in order, or made of words is no piece of a key: no text is garbled, and none reported."""
    key, text = INNOCENT[kind]
    assert leaks(text.encode(), [key]) == ()
    assert Scrubber([key]).bytes(text.encode()) == text.encode()


@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress])
@pytest.mark.parametrize("ahead", [b"\x08\x01\x12\x40", b"x", b"12"])
def test_compressed_text_inside_a_message(ahead, compress):
    """Gzip and zlib are opened where they stand in a field of a message, too, as it is and in base64."""
    text = b"the key of the run is " + SECRETS[1].encode()
    data = ahead + compress(text) + b"\x18\x02"
    for shown, back in ((data, bytes), (b'{"a":"' + base64.b64encode(data) + b'"}', decoded)):
        assert leaks(shown, [KEY])
        clean = back(Scrubber([KEY]).bytes(shown))
        assert clean.startswith(ahead)
        content = zlib.decompressobj(wbits=47)
        assert content.decompress(clean[len(ahead) :]) == b"the key of the run is " + PUBLIC_SECRET
        assert content.unused_data == b"\x18\x02"
    innocent = ahead + compress(b"nothing of the kind") + b"\x18\x02"
    assert Scrubber([KEY]).bytes(innocent) == innocent


def decoded(text):
    return base64.b64decode(json.loads(text)["a"])
