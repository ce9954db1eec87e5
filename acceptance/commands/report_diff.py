"""`make report-diff A=... B=...`: what changed between two runs."""

from __future__ import annotations

import argparse

from acceptance.base.errors import UserError
from acceptance.reports.diff import changes
from acceptance.reports.merge import folder_of, read


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two runs."""
    parser.add_argument("a", metavar="A", help="the earlier run: its id or folder")
    parser.add_argument("b", metavar="B", help="the later run")


def run(options: argparse.Namespace) -> int:
    """Print the changes; return 1 if a verdict became worse."""
    if not (options.a and options.b):
        raise UserError("a comparison takes two runs", "set A=run B=run")
    lines, worse = changes(read(folder_of(options.a)), read(folder_of(options.b)))
    print("\n".join(lines if len(lines) > 1 else [*lines, "no difference"]))
    return int(worse)
