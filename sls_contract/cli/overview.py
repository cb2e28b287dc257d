"""The output of ``sls-contract`` without arguments: a command for each question of a user."""

from __future__ import annotations

from collections.abc import Iterator

from sls_contract import __version__
from sls_contract.locale import translated
from sls_contract.reports.text import width

_QUESTIONS = (
    ("How do I set up a test suite?", "init"),
    ("Does my client follow the contract?", "exercise -- python client.py"),
    ("Does my endpoint follow it?", "verify --endpoint URL …"),
    ("Are my recordings valid and fresh?", "check cassettes/"),
    ("What changed between recordings?", "diff OLD NEW"),
    ("Can git merge recordings?", "merge-driver BASE OURS THEIRS"),
    ("Why is my signature refused?", "signature request.txt"),
    ("What does this code mean?", "explain SignatureNotMatch"),
    ("Can I test without the service?", "serve"),
    ("Can any program use recordings?", "replay cassettes/"),
    ("Can I record any program?", "proxy --cassette new.sls.yaml"),
    ("Do my tools read HAR?", "convert a.sls.yaml a.har"),
    ("Are my recordings in a bucket?", "cassettes status"),
    ("What did all runs find together?", "merge *.json --report all.md"),
    ("What does an operation promise?", "spec show GetCheckPoint"),
    ("Where are the JSON Schemas?", "spec export --help"),
    ("Can my shell complete this?", "completion bash"),
)


def overview(columns: int | None) -> Iterator[str]:
    """Yield a line for each question, or two lines if they are wider than ``columns``; None: any width."""
    yield f"sls-contract {__version__}: contract tests for Alibaba Cloud SLS"
    yield ""
    commands = [(translated(question), f"sls-contract {words}") for question, words in _QUESTIONS]
    indent = 2 + max(width(question) for question, _ in commands)
    fits = columns is None or indent + max(len(command) for _, command in commands) <= columns
    for question, command in commands:
        gap = " " * (indent - width(question))
        yield from (f"{question}{gap}{command}",) if fits else (question, f"  {command}")
    yield ""
    yield "All options: sls-contract COMMAND --help"
    yield "In tests: pytest --help, section sls-contract"
