"""Scrubbing: no secret is ever written. Scrubs exchanges, texts and bytes; finds leaked secrets in files.

The data flow: `sides` splits a request or response into its parts, and `detector` finds secrets in each part:
`spellings` of the known ones from the `registry`, and `shapes` of unknown ones, also inside `views` of escaped text and
`containers` such as base64. `signature` signs the result again with the public test key.
"""

from sls_contract.cassettes.scrub.leaks import Leak, leaks
from sls_contract.cassettes.scrub.renames import Substitution
from sls_contract.cassettes.scrub.scrubber import Scrubbed, Scrubber, SentRequest

__all__ = ["Leak", "Scrubbed", "Scrubber", "SentRequest", "Substitution", "leaks"]
