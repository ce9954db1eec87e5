"""`python -m acceptance COMMAND`: the command line behind `make`. Each command is a module of acceptance/commands/.

Only the chosen command's module is imported: `--help` and typos are answered at once.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import NoReturn

from acceptance.base.errors import UserError
from acceptance.base.progress import say
from acceptance.base.proxies import reach_directly
from acceptance.base.signals import end_politely

COMMANDS = {
    "backup-keys": "back up the sealing keys, encrypted",
    "bench": "measure images, a run, a reused run and plain `kind create cluster`; print JSON",
    "check": "check OpenTofu's roots and build every kustomization",
    "down": "remove a platform that was kept or left behind",
    "images": "build or pull every image and host tool in images/lock.toml",
    "lock-downloads": "write the SHA-256 of each host tool's download into images/lock.toml",
    "preflight": "list everything that would block a deployment; create nothing",
    "prove": "inject defects into a kept platform; check that the right criteria turn red",
    "pin": "pin production's images by digest in its overlays",
    "rehearse-production": "deploy and judge production's overlays on kind, attached as to production",
    "render": "print the manifests that an environment deploys, built by kustomize",
    "report": "generate the Allure report of a run, or merge the reports of several runs",
    "report-diff": "print what changed between two runs",
    "restore-keys": "restore a backup of the sealing keys into a cluster",
    "soak": "run all scenarios repeatedly on one platform; print each verdict that changed",
    "verify-references": "check that every referenced image is in its registry; print what is missing",
    "with-engine": "run a command with a container engine, starting one if none answers",
}
"""The commands and their `--help` texts. `report-diff` is in the module `report_diff`."""


class Parser(argparse.ArgumentParser):
    """A parser that raises UserError for bad input, so that the exit code is 4, as for all bad input."""

    def error(self, message: str) -> NoReturn:
        """Raise UserError with the usage as its remedy."""
        raise UserError(message, self.format_usage().strip())


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of the chosen command, and its `run`. Raises UserError for bad input; ends the process for --help."""
    parser = Parser(prog="python -m acceptance", description="The commands behind `make`.", allow_abbrev=False)
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    chosen = arguments[0] if arguments else ""
    for name, text in COMMANDS.items():
        if name != chosen:
            subparsers.add_parser(name, help=text)
            continue
        module = importlib.import_module(f"acceptance.commands.{name.replace('-', '_')}")
        form = argparse.RawDescriptionHelpFormatter
        command = subparsers.add_parser(
            name, help=text, description=module.__doc__, formatter_class=form, allow_abbrev=False
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen command; return its exit code: 4 for bad input, 130 after Ctrl-C or a signal that ends it."""
    try:
        reach_directly([])
        options = parse(sys.argv[1:] if arguments is None else arguments)
        return int(options.run(options))
    except UserError as error:
        say(str(error))
        return 4
    except KeyboardInterrupt:
        say("Interrupted.")
        return 130


if __name__ == "__main__":
    end_politely()
    sys.exit(main())
