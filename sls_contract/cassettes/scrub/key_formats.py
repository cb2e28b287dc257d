"""Keys of other clouds and services that are recognised by their prefix: ``ghp_…``, ``AKIA…``.

The formats are rules of Betterleaks (the successor of Gitleaks) that need no words around a key. Only rules whose
prefix of three characters or more names the service are included. Rules that a request id, checkpoint, cursor or
signature of the service could match by chance are left out. A row has the prefixes (separated by ``|``), the alphabet
of the rest, and its minimal length; ``=`` means exactly that length.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from sls_contract.cassettes.scrub.names import Kind
from sls_contract.cassettes.scrub.shapes import Found, compiled

_ALPHABETS = {"letters": "[0-9A-Za-z]", "word": "[0-9A-Za-z_.-]", "hex": "[0-9A-Fa-f]", "base32": "[A-Z2-7]"}
_ROWS = """
AKIA|ASIA|ABIA|ACCA                                     base32  16=
AKID                                                    letters 32
AIza                                                    word    35=
GOCSPX-                                                 word    28
ya29.                                                   word    40
ghp_|gho_|ghu_|ghs_|ghr_                                letters 36
github_pat_                                             word    60
glpat-|gldt-|glrt-|glft-|glptt-|glsoat-|glimt-|glcbt-   word    20
glffct-|glagent-|gloas-|GR1348941                       word    20
xoxb-|xoxp-|xoxa-|xoxr-|xoxs-|xoxo-|xoxe-|xoxc-|xoxd-   word    16
xapp-                                                   word    30
sk_live_|sk_test_|rk_live_|rk_test_|sk_prod_|whsec_     letters 20
sk-proj-|sk-svcacct-|sk-admin-|sk-ant-|sk-or-v1-        word    40
gsk_|xai-|pplx-|nvapi-|r8_|csk-|tgp_v1_|llx-            word    37
hf_|api_org_                                            letters 34
npm_                                                    letters 36=
pypi-AgEI                                               word    50
rubygems_|rdme_|CLOJARS_                                letters 48
dckr_pat_|dckr_oat_                                     word    27
SWMTKN-1-|SWMKEY-1-                                     word    40
dop_v1_|doo_v1_|dor_v1_                                 hex     64
hvs.|hvb.                                               word    80
dapi                                                    hex     32=
glsa_|glc_                                              word    40
SG.                                                     word    60
xkeysib-|mlsn.                                          word    30
shpat_|shpca_|shppa_|shpss_|shpua_                      hex     32
sq0atp-|sq0csp-                                         word    22
PMAK-                                                   word    59=
lin_api_|lin_oauth_                                     letters 40
ntn_                                                    letters 46=
figd_                                                   word    38
sbp_|sb_secret_                                         word    31
pscale_tkn_|pscale_pw_|pscale_oauth_                    word    32
tskey-api-|tskey-auth-|tskey-client-                    word    20
sntryu_|sntrys_                                         word    60
pul-                                                    hex     40=
rnd_                                                    letters 28=
vcp_|vci_|vca_|vcr_|vck_                                word    56=
dt0c01.                                                 word    80
HRKU-AA                                                 word    58
rzp_live_|rzp_test_                                     letters 14
ATATT|ATCTT|ATBB                                        word    24
BBDC-                                                   word    32
AKCp                                                    letters 68
CCIPAT_                                                 word    60
lsv2_pt_|lsv2_sk_                                       word    43
pcsk_                                                   word    60
ops_eyJ                                                 word    200
AGE-SECRET-KEY-1                                        letters 58
EZAK|EZTK                                               letters 54=
dvc_server_|duffel_live_|duffel_test_                   word    20
mdb_sa_sk_                                              word    20
apify_api_|AIK_SECRET_|AIK_CI_|CCDB1_|napi_             word    20
"""
_EXAMPLE = b"EXAMPLE"  # the end of example keys in documentation
_MIN_DISTINCT = 8  # different characters; ``ghp_xxxxxxxx`` is no key
_NAME = re.compile(rb"[a-z_.-]+")
_PREFIX_LENGTH = 3
_WORD_CHARS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-"
_SEPARATORS = bytes(code if code in _WORD_CHARS else 32 for code in range(256))


def _patterns_by_prefix() -> dict[bytes, list[bytes]]:
    """Return the patterns of the rows by the first characters of their prefixes."""
    found = defaultdict(list)
    for row in _ROWS.strip().splitlines():
        prefixes, alphabet, length = row.split()
        size = f"{{{length.removesuffix('=')}}}" if length.endswith("=") else f"{{{length},}}"
        starts = prefixes.split("|")
        pattern = f"(?:{'|'.join(map(re.escape, starts))})({_ALPHABETS[alphabet]}{size})".encode()
        for start in {each[:_PREFIX_LENGTH].encode() for each in starts}:
            found[start].append(pattern)
    return found


_BY_PREFIX = _patterns_by_prefix()


def foreign_keys(text: bytes, _lowered: bytes) -> Iterator[Found]:
    """Yield the places of other services' keys in a text, where casing matters."""
    words = set(text.translate(_SEPARATORS).split())
    for key in filter(None, [_key_in(word) for word in words if word[:_PREFIX_LENGTH] in _BY_PREFIX]):
        at = text.find(key)
        while at >= 0:
            yield at, at + len(key), Kind.OTHER
            at = text.find(key, at + len(key))


def _key_in(word: bytes) -> bytes | None:
    """Return the key in a word, without the full stop of a sentence; None if the word is no key."""
    key = word.rstrip(b".")
    for pattern in _BY_PREFIX[word[:_PREFIX_LENGTH]]:
        found = compiled(pattern).fullmatch(key)
        if found and _is_random(found[1]):
            return key
    return None


def _is_random(body: bytes) -> bool:
    """Return whether it is a key, not a placeholder, an example, or a name of a few words."""
    return len(set(body)) >= _MIN_DISTINCT and not body.endswith(_EXAMPLE) and not _NAME.fullmatch(body)
