"""How fast is the search for secrets in cassettes, and what does it find?

    python -m benchmarks.leaks [--files 60]

Writes a folder of cassettes as the recorder does, with 1 to 100 exchanges each. Searches it for the keys of a run, and
prints megabytes a second of one core. Then plants each secret once in each spelling that a file may have, and counts
hits, misses and false alarms. Exit code 1 below 20 MB/s, or on a miss or false alarm.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import random
import sys
import tempfile
import textwrap
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sls_contract import Credentials, Exchange, Request, sign
from sls_contract.cassettes.file.recording_file import write
from sls_contract.cassettes.recording import Evidence, Provenance, Recording, SignatureNote
from sls_contract.cassettes.scrub import leaks
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.signing import TEST_CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = 20.0  # MB/s
ROUNDS = 5
START = datetime(2026, 11, 23, tzinfo=UTC)
KEY = Credentials("LTAI5tAbCdEfGhIjKlMnOpQr", "kEy0123456789SecretSecretSecre", "CAIS" + "aB3+/x9Z" * 20)
SPELLINGS = {
    "raw": lambda s: s,
    "percent": lambda s: quote(s, safe=""),
    "percent, twice": lambda s: quote(quote(s, safe=""), safe=""),
    "every byte percent": lambda s: "".join(f"%{code:02x}" for code in s.encode()),
    "JSON": lambda s: s.replace("/", "\\/").replace("e", "\\u0065"),
    "HTML": lambda s: "".join(f"&#{ord(char)};" for char in s),
    "lower case": str.lower,
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64, shifted": lambda s: base64.b64encode(b"{" + s.encode() + b"}").decode(),
    "base64, URL-safe": lambda s: base64.urlsafe_b64encode(b"??" + s.encode()).decode().rstrip("="),
    "base64, folded": lambda s: (
        "|\n"
        + textwrap.indent(base64.encodebytes(b"\xff" * 70 + s.encode() + b"\xfe" * 40).decode(), "      ").rstrip()
    ),
    "base64 of gzip": lambda s: base64.b64encode(gzip.compress(s.encode(), mtime=0)).decode(),
    "hex": lambda s: s.encode().hex(),
    "HEX": lambda s: s.encode().hex().upper(),
    "base64 of base64": lambda s: base64.b64encode(base64.b64encode(b"a" + s.encode())).decode(),
}


def recordings(count: int, values: random.Random) -> Iterator[Recording]:
    """Yield exchanges with the reference endpoint, each at a different time and with different checkpoints."""
    now = START
    service = ReferenceEndpoint(lambda: now)
    for number in range(count):
        now = START + timedelta(seconds=number)
        for shard in range(values.randint(1, 2)):
            checkpoint = base64.b64encode(str(values.getrandbits(60)).encode()).decode()
            service.set_checkpoint("readers", shard, checkpoint, consumer=f"consumer_{values.randint(1, 99)}")
        url = "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/consumergroups/readers"
        request = sign(Request("GET", url), TEST_CREDENTIALS, at=now)
        origin = Provenance(
            Evidence.REFERENCE, "http://cn-hangzhou.log.aliyuncs.com", "cn-hangzhou", "c", now, now, "1"
        )
        yield Recording(Exchange(request, service(request)), origin, SignatureNote("verified"))


def make_folder(folder: Path, files: int) -> list[bytes]:
    """Write the cassettes; return their contents."""
    values = random.Random(0)
    for number in range(files):
        write(folder / f"{number}.sls.yaml", recordings(values.choice((1, 3, 10, 30, 100)), values))
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def megabytes_a_second(contents: list[bytes]) -> float:
    """Return the speed of the fastest round, in CPU time."""
    durations = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for data in contents:
            leaks(data, [KEY])
        durations.append(time.process_time() - start)
    return sum(map(len, contents)) / min(durations) / 1e6


def planted(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a cassette for each secret in each spelling, on a line in the middle."""
    lines = data.split(b"\n")
    middle = len(lines) // 2
    for secret in (KEY.access_key_id, KEY.access_key_secret, str(KEY.security_token)):
        for name, spell in SPELLINGS.items():
            line = f"    note: {spell(secret)}".encode()
            yield f"{secret[:4]}… {name}", b"\n".join((*lines[:middle], line, *lines[middle:]))


def main() -> int:
    """Measure and print; return the exit code."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--files", type=int, default=60, help="how many cassettes (default: 60)")
    files = command.parse_args().files
    with tempfile.TemporaryDirectory() as folder:
        contents = make_folder(Path(folder), files)
    speed = megabytes_a_second(contents)
    false_alarms = sum(bool(leaks(data, [KEY])) for data in contents)
    cases = list(planted(max(contents, key=len)))
    missed = [name for name, data in cases if not leaks(data, [KEY])]
    print(f"{files} cassettes, {sum(map(len, contents)) / 1e6:.1f} MB: {speed:.1f} MB/s (target: {TARGET:g})")
    print(f"{len(cases)} planted: {len(cases) - len(missed)} found, {len(missed)} missed; {false_alarms} false alarms")
    for name in missed:
        print(f"  missed: {name}")
    return int(speed < TARGET or bool(missed) or bool(false_alarms))


if __name__ == "__main__":
    sys.exit(main())
