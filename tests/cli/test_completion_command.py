"""``sls-contract completion``: shells complete what they are given, in the shell itself."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from sls_contract import cli

ASK = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
function=$(complete -p sls-contract | sed -E 's/.*-F ([^ ]+) .*/\\1/')
"$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def script(command, tmp_path):
    """Write the script for a shell into a file."""

    def written(shell):
        if shutil.which(shell) is None:
            pytest.skip(f"{shell} is not installed")
        done = command("completion", shell)
        assert (done.returncode, done.stderr) == (0, "")
        path = tmp_path / f"_{shell}"
        path.write_text(done.stdout, encoding="utf-8")
        return path

    return written


COMPLETED = {
    "": cli.COMMANDS,
    "ver": ["verify"],
    "spec sh": ["show"],
    "verify --scen": ["--scenario"],
    "verify --scenario shard-g": ["shard-given"],
    "verify --skip near": ["near-misses"],
    "explain SLS204": ["SLS204"],
    "explain update-time-u": ["update-time-unit"],
    "diff --fail-on a": ["additive"],
    "completion f": ["fish"],
    "check 读": ["读.sls.yaml"],
}


@pytest.mark.slow
def test_bash_completes(script, tmp_path):
    """Commands, options, the names that they take, and files of the folder where a file is asked for."""
    (tmp_path / "读.sls.yaml").write_text("", encoding="utf-8")
    path, found = script("bash"), {}
    for words in COMPLETED:
        argv = ["bash", "-c", ASK, "bash", path, "sls-contract", *words.split(" ")]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=True, cwd=tmp_path)
        assert done.stderr == "", words
        found[words] = sorted(set(done.stdout.split()))
    assert found == {words: sorted(expected) for words, expected in COMPLETED.items()}


def test_fish_completes(script):
    """As bash does."""
    asked = 'source $argv[1]; complete -C "sls-contract ver"; complete -C "sls-contract verify --scenario shard-g"'
    argv = ["fish", "--no-config", "-c", asked, script("fish")]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=True)
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["verify", "shard-given"]


def test_zsh_reads_the_script(script):
    """Without an error, and as the completion of this command."""
    path = script("zsh")
    assert path.read_text("utf-8").startswith("#compdef sls-contract\n")
    asked = 'autoload -Uz compinit && compinit -u -D && eval "$(<$1)" && print -r -- $_comps[sls-contract]'
    done = subprocess.run(
        ["zsh", "-f", "-c", asked, "zsh", path], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "_shtab_sls_contract\n", "")
