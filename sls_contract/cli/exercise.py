"""``sls-contract exercise -- CMD``: run a client in many situations, and judge its requests and results."""

from __future__ import annotations

from argparse import ArgumentTypeError
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING

from sls_contract import __version__
from sls_contract.cli.options import add_contract, add_jobs, add_reports, add_strict, add_verbose
from sls_contract.cli.progress import progress
from sls_contract.cli.runs import check_scenarios, execute, finish
from sls_contract.cli.terminal import Console, columns
from sls_contract.clock import utc_now
from sls_contract.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from sls_contract.exercise import Plan


def configure(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command's options."""
    command = subparsers.add_parser(
        "exercise",
        intermixed=False,  # an option amid the client's words may be the client's
        help="run a client in every documented and many hostile situations and judge it",
        usage="sls-contract exercise [options] -- CMD [ARG ...]",
        description="Run CMD once for each scenario against an endpoint on this machine, and judge its requests and "
        "its output. CMD sends GetCheckPoint, through HTTP_PROXY or to SLS_LOOPBACK. SLS_ENDPOINT, SLS_PROJECT, "
        "SLS_LOGSTORE, SLS_CONSUMER_GROUP, SLS_SHARD (empty: leave it out), SLS_REGION and SLS_AUTH (v1 or v4) "
        "describe the request. The key is in ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET "
        "and, if it is set, ALIBABA_CLOUD_SECURITY_TOKEN. CMD succeeds: it prints the JSON array of checkpoints as "
        'its last line and exits with 0. CMD fails: it prints {"errorCode": …, "status": …} and exits with 1 to 125. '
        "CMD does not support the scenario: it exits with 77.",
        epilog="Exit codes: 0 conforming, 1 a violation was found, 2 CMD cannot be run, or nothing was judged. "
        "Example: sls-contract exercise --auth v4 -- python client.py",
    )
    add = command.add_argument
    add("--auth", action="append", choices=("v1", "v4"), help="how to sign; repeatable (default: both)")
    add("--scenario", action="append", default=[], metavar="NAME", help="run only this scenario; repeatable")
    add("--list", action="store_true", help="list the scenarios and do nothing")
    add("--timeout", type=_seconds, default=30.0, metavar="S", help="seconds for one run of CMD (default: %(default)g)")
    add_jobs(command, "runs at a time (default: %(default)s)", 4)
    add("--seed", type=int, default=0, help="seed of the generated names and keys (default: %(default)s)")
    add_strict(command)
    add_verbose(command, "show every finding in full")
    add_reports(command)
    add_contract(command)
    add("client", nargs="*", metavar="CMD", help="the client and its arguments, after --")
    command.set_defaults(run=run, parser=command)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Exercise the client, report, and return the exit code; raises `UsageError` if the client cannot be run."""
    from sls_contract.captures.engine import LARGE, in_order
    from sls_contract.exercise import Runner, perform_task
    from sls_contract.exercise.summary import document, lines

    if arguments.list:
        _list(console)
        return 0
    plan = _plan(arguments)
    runner = Runner(plan, console.environ, utc_now)
    if arguments.engine != "local":
        work = partial(perform_task, plan=plan, contracts=arguments.contract)
        runner.dispatch = partial(in_order, work, engine=arguments.engine, jobs=arguments.jobs, size_of=lambda _: LARGE)
    with progress(len(plan.tasks()), console) as update:
        runner.progress = update
        code = execute(runner)
    return finish(
        runner.run,
        code,
        arguments,
        console,
        lines=lambda width: lines(runner.run, plan, verbose=arguments.verbose, columns=width),
        write=lambda code: console.report(document(runner.run, plan, __version__), arguments, code),
    )


def _plan(arguments: argparse.Namespace) -> Plan:
    from sls_contract.exercise import SCHEMES, SITUATIONS, Plan

    check_scenarios(arguments.scenario, SITUATIONS)
    if not arguments.client:
        msg = "expected the client's command after --, got none. How to fix: sls-contract exercise -- python client.py"
        raise UsageError(msg)
    schemes = tuple(each for each in SCHEMES if each in (arguments.auth or SCHEMES))
    return Plan(
        tuple(arguments.client),
        tuple(arguments.scenario),
        schemes,
        arguments.timeout,
        arguments.jobs,
        arguments.seed,
        arguments.parser.command_line(arguments),
    )


def _list(console: Console) -> None:
    from sls_contract.exercise import SITUATIONS
    from sls_contract.reports import listing

    rows = [(each.area, each.name, each.response) for each in SITUATIONS.values()]
    console.write(listing(rows, columns(console.stdout)))


def _seconds(text: str) -> float:
    """Read a time limit; raises `ArgumentTypeError` for anything but a number above 0."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not (isfinite(seconds) and seconds > 0):
        msg = f"must be a number of seconds above 0, got {text!r}"
        raise ArgumentTypeError(msg)
    return seconds
