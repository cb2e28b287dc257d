"""Record and replay: the cassette file, scrubbing, recording of real clients, comparison.

Importing this package is cheap: the recorder, vcrpy and YAML are imported when a cassette is opened.
"""

from typing import TYPE_CHECKING

from sls_contract.lazily import lazy_names

if TYPE_CHECKING:
    from sls_contract.cassettes.api import use_cassette
    from sls_contract.cassettes.cassette_set import send_from
    from sls_contract.cassettes.opening import Cassette, load_cassette

__all__ = ["Cassette", "load_cassette", "send_from", "use_cassette"]

__getattr__ = lazy_names(
    __name__, api=("use_cassette",), cassette_set=("send_from",), opening=("Cassette", "load_cassette")
)
