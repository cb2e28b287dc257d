"""Reports started processes, except forked ones: the recorder is not active in them, and a handler may warn of that."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from typing import Any

from sls_contract.cassettes.recorder.handler import STACK, is_live


def popen(original: Callable[..., Any], process: Any, *args: Any, **kwargs: Any) -> Any:
    """Start a command with ``subprocess.Popen``."""
    result = original(process, *args, **kwargs)
    _report(_program(process.args))
    return result


def os_call(original: Callable[..., Any], program: Any, *args: Any, **kwargs: Any) -> Any:
    """Start a command with a function of ``os``."""
    _report(_program(program))
    return original(program, *args, **kwargs)


def start(original: Callable[..., Any], process: Any) -> Any:
    """Start a process of ``multiprocessing``; a forked one inherits the recorder, and is not reported."""
    result = original(process)
    method = getattr(process._popen, "method", "fork")  # noqa: SLF001 - there is no public accessor
    if method != "fork":
        _report(f"multiprocessing {method}")
    return result


def _report(program: str) -> None:
    for handler in () if is_live() else STACK.handlers:
        if handler.started is not None:
            handler.started(program)
            return


def _program(args: Any) -> str:
    """Return the name of a program without its arguments, which may contain a secret."""
    first = args if isinstance(args, str | bytes | os.PathLike) else next(iter(args), "")
    name = os.fsdecode(first)
    if first is args and not isinstance(args, os.PathLike):
        try:
            name = next(iter(shlex.split(name)), "")
        except ValueError:  # a quote is left open
            name = name.partition(" ")[0]
    return os.path.basename(name)  # noqa: PTH119 - it may be any text
