"""No secret is ever written: scrub exchanges, texts and bytes; find what leaked in files.

The way of the data: `sides` takes a request or answer apart, `detector` finds secrets in each part (`spellings`
of the known ones from the `registry`, `shapes` of unknown ones, inside `views` of escaped text and `containers` such
as base64), `signature` signs the result again with the public test key.
"""

from __future__ import annotations

from sls_contract.cassettes.scrub.leaks import Leak, leaks
from sls_contract.cassettes.scrub.renames import Substitution
from sls_contract.cassettes.scrub.scrubber import Scrubbed, Scrubber, Sent

__all__ = ["Leak", "Scrubbed", "Scrubber", "Sent", "Substitution", "leaks"]
