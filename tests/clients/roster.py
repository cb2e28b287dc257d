"""The clients on the bench: in which version, by which of their methods, and how each is run."""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).parent

_NPM = "npm ci --ignore-scripts --prefix tests/clients"
_PIP = "pip install -c constraints.txt"


@dataclass(frozen=True, slots=True)
class Client:
    """One client: `name` is its column on the page, `package` what its registry calls it, `script` its wrapper here."""

    name: str
    package: str
    call: str
    script: str

    @property
    def is_node(self) -> bool:
        """Tell whether it runs on Node."""
        return self.script.endswith(".cjs")

    @property
    def pinned(self) -> str:
        """Return the version that the bench is about."""
        return pins()[self.package]

    def command(self) -> list[str]:
        """Return the command line that runs the wrapper."""
        return ["node" if self.is_node else sys.executable, str(HERE / self.script)]

    @property
    def shown(self) -> str:
        """Return that command line as it is typed at the top of a checkout."""
        return f"{'node' if self.is_node else 'python'} tests/clients/{self.script}"

    def installed(self) -> str | None:
        """Return the version found on this machine; None where there is none."""
        if self.is_node:
            manifest = HERE / "node_modules" / self.package / "package.json"
            return json.loads(manifest.read_text(encoding="utf-8"))["version"] if manifest.exists() else None
        try:
            return version(self.package)
        except PackageNotFoundError:
            return None

    def missing(self) -> str | None:
        """Return what this machine lacks to run it, as the reason of a skipped test; None: nothing."""
        if self.is_node and shutil.which("node") is None:
            return "needs node"
        found = self.installed()
        if found == self.pinned:
            return None
        remedy = _NPM if self.is_node else f"{_PIP} {self.package}"
        return f"needs {self.package} {self.pinned}, found {found or 'none'}: {remedy}"


@cache
def pins() -> dict[str, str]:
    """Return package and version, from the two files that installers read: the clients for Node, and all of Python."""
    manifest = json.loads((HERE / "package.json").read_text(encoding="utf-8"))
    lines = (HERE.parents[1] / "constraints.txt").read_text(encoding="utf-8")
    return manifest["dependencies"] | dict(re.findall(r"^([\w-]+)==(\S+)$", lines, re.MULTILINE))


CLIENTS = (
    Client("aliyun-log-python-sdk", "aliyun-log-python-sdk", "LogClient.get_check_point", "aliyun_log_python_sdk.py"),
    Client("aliyun-log-cli", "aliyun-log-cli", "aliyunlog log get_check_point", "aliyun_log_cli.py"),
    Client("sls20201230 sync", "alibabacloud-sls20201230", "Client.get_check_point", "sls20201230_sync.py"),
    Client("sls20201230 async", "alibabacloud-sls20201230", "Client.get_check_point_async", "sls20201230_async.py"),
    Client("@alicloud/log", "@alicloud/log", "client._request (it has no GetCheckPoint)", "alicloud_log.cjs"),
    Client("@alicloud/sls20201230", "@alicloud/sls20201230", "client.getCheckPoint", "alicloud_sls20201230.cjs"),
)
