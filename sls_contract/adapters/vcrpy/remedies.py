"""What a user of vcrpy can do about a cassette: ``record_mode`` decides, or the option of pytest-recording."""

from sls_contract.cassettes.matching import Remedies

IN_VCRPY = Remedies(
    resume='set record_mode to "once", or run pytest with --record-mode=once',
    # record_mode="all" would keep the old exchanges beside the new ones
    renew='delete the file, then set record_mode to "once", or run pytest with --record-mode=once',
    rename="Pass these names to register (rename=…), delete the file, then record again "
    '(set record_mode to "once", or run pytest with --record-mode=once):',
    scrub="register(…, scrub=…, scrub_keys=…)",
    allow="register(…, strict=False)",
    verify="",
)
"""The remedies of `register`. ``record`` and ``repeat`` are unused: vcrpy reports a request without a recording."""
