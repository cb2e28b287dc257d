"""``sls-contract schemas``: derive, list, show and export the JSON Schemas."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sls_contract.errors import UsageError
from sls_contract.reports import print_json
from sls_contract.spec.catalog import SCHEMA_NAMES, SUFFIX, catalog, checkout

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

FOLDER = "schemas"


def configure(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its actions."""
    command = subparsers.add_parser(
        "schemas",
        help="derive, list, show or export the JSON Schemas",
        description="JSON Schemas (2020-12) of the request, the Authorization header, the answer and the error, "
        "for people who use them from other languages.",
        epilog="Example: sls-contract schemas export --out schemas",
    )
    command.set_defaults(run=run)
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    build = actions.add_parser("build", help="write schemas/ from the description; in a checkout only")
    build.add_argument("--check", action="store_true", help="write nothing; show what differs and exit 1")
    actions.add_parser("list", help="name every schema")
    show = actions.add_parser("show", help="print one schema")
    show.add_argument("name", metavar="NAME", help=f"one of {', '.join(SCHEMA_NAMES)}")
    export = actions.add_parser("export", help="write every schema into a folder")
    export.add_argument("--out", required=True, type=Path, metavar="DIR", help="made if it is not there")
    export.add_argument("--force", action="store_true", help="replace files that differ")


def run(
    arguments: argparse.Namespace, *, environ: Mapping[str, str], stdin: IO[str], stdout: IO[str], stderr: IO[str]
) -> int:
    """Run the action asked for.

    Exit 0: done; 1: ``build --check`` found a difference. Raises `UsageError` for a wrong name or place.
    """
    del environ, stdin, stderr
    if arguments.action == "build":
        folder = _checkout() / FOLDER
        return _check(folder, stdout) if arguments.check else _build(folder, stdout)
    if arguments.action == "export":
        return _export(arguments.out, stdout, force=arguments.force)
    return _show(arguments.name, stdout) if arguments.action == "show" else _list(stdout)


def _checkout() -> Path:
    import sls_contract

    return checkout(Path(sls_contract.__file__).parent)


def _derived() -> dict[str, str]:
    from sls_contract.spec.derive import files

    return files()


def _build(folder: Path, stdout: IO[str]) -> int:
    """Make the folder what derivation gives: write what differs, remove schemas that it does not give."""
    wanted, present = _derived(), _present(folder)
    folder.mkdir(exist_ok=True)
    for name in _differing(wanted, present):
        if name in wanted:
            (folder / name).write_text(wanted[name], encoding="utf-8", newline="\n")
        else:
            (folder / name).unlink()
        print(f"{'wrote' if name in wanted else 'removed'} {folder / name}", file=stdout)
    print(f"{folder} holds {len(wanted)} schemas", file=stdout)
    return 0


def _check(folder: Path, stdout: IO[str]) -> int:
    """Show how the folder differs from what derivation gives."""
    wanted, present = _derived(), _present(folder)
    differing = _differing(wanted, present)
    for name in differing:
        lines = present.get(name, "").splitlines(keepends=True), wanted.get(name, "").splitlines(keepends=True)
        stdout.writelines(unified_diff(*lines, f"{FOLDER}/{name}", f"derived/{name}"))
    if differing:
        print(f"{len(differing)} of {FOLDER}/ differ. How to fix: sls-contract schemas build", file=stdout)
    else:
        print(f"{FOLDER}/ is what derivation gives: {len(wanted)} schemas", file=stdout)
    return 1 if differing else 0


def _present(folder: Path) -> dict[str, str]:
    """Read the schemas in a folder by file name; how lines are broken is git's business."""
    return {path.name: path.read_text(encoding="utf-8", errors="replace") for path in folder.glob(f"*{SUFFIX}")}


def _differing(wanted: Mapping[str, str], present: Mapping[str, str]) -> list[str]:
    """Name the files that are wrong, missing or too many."""
    return [name for name in dict.fromkeys([*wanted, *present]) if wanted.get(name) != present.get(name)]


def _list(stdout: IO[str]) -> int:
    for name in SCHEMA_NAMES:
        print(f"{name:<24}  {catalog().compiled[name].schema['title']}", file=stdout)
    return 0


def _show(name: str, stdout: IO[str]) -> int:
    print_json(_text(name.removesuffix(SUFFIX)), stdout)
    return 0


def _export(folder: Path, stdout: IO[str], *, force: bool) -> int:
    """Write every schema, or none where one would replace a file that differs."""
    texts = {folder / f"{name}{SUFFIX}": _text(name) for name in SCHEMA_NAMES}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not force:
            _refuse_to_replace(texts)
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"wrote {path}", file=stdout)
    except OSError as error:
        msg = f"expected --out to be a folder that can be written, got {folder}: {error.strerror}"
        raise UsageError(msg) from error
    return 0


def _refuse_to_replace(texts: Mapping[Path, str]) -> None:
    taken = [path for path, text in texts.items() if path.exists() and path.read_bytes() != text.encode()]
    if taken:
        msg = f"{taken[0]} exists and differs; nothing was written. Choose another --out, or --force to replace it"
        raise UsageError(msg)


def _text(name: str) -> str:
    """Return the text of a schema of this installation; raises `UsageError` naming the known ones."""
    from sls_contract.spec.derive import text_of

    compiled = catalog().compiled.get(name)
    if compiled is None:
        msg = f"expected a schema's name ({', '.join(SCHEMA_NAMES)}), got {name!r}"
        raise UsageError(msg)
    return text_of(compiled.schema)
