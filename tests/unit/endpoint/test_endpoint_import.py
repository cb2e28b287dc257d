"""What importing the room costs."""

import subprocess
import sys


def test_the_state_does_not_import_the_web_server():
    """Only endpoint.server pulls the heavy library in."""
    program = "import sys, sls_contract.endpoint; print('aiohttp' in sys.modules, 'jsonschema' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
