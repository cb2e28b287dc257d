"""Read credentials from environment variables; no other module knows their names.

The mapping is passed in; only the command line, the plugin and `use_cassette` pass the real environment.
"""

from __future__ import annotations

from collections.abc import Mapping

from sls_contract.errors import UsageError
from sls_contract.signing.credentials import Credentials

ID = "ALIBABA_CLOUD_ACCESS_KEY_ID"
SECRET = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"  # noqa: S105 - a variable's name
TOKEN = "ALIBABA_CLOUD_SECURITY_TOKEN"  # noqa: S105 - a variable's name


def credentials_from_environment(environ: Mapping[str, str]) -> Credentials | None:
    """Return the credentials in the environment; None if it has neither id nor secret.

    Raises `UsageError` that names the missing variable if only one of the two is set.
    """
    key_id, secret = environ.get(ID, ""), environ.get(SECRET, "")
    if not key_id and not secret:
        return None
    if not key_id or not secret:
        there, missing = (ID, SECRET) if key_id else (SECRET, ID)
        msg = f"{there} is set and {missing} is not. How to fix: set both, or neither."
        raise UsageError(msg)
    return Credentials(key_id, secret, environ.get(TOKEN) or None)
