"""`make report`: the Allure report of a run, as one page that opens without a server; or several runs merged."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from acceptance.base.errors import UserError
from acceptance.base.paths import REPORTS, ROOT
from acceptance.base.progress import say
from acceptance.clients.process import run as run_program
from acceptance.reports.merge import folder_of, write_merged

PROGRAM = ROOT / "node_modules" / ".bin" / "allure"


def last_run() -> Path:
    """The folder of the newest run that left a report. Raises UserError if there is none."""
    runs = sorted(path.parent for path in REPORTS.glob("*/verdicts.json"))
    if not runs:
        raise UserError(f"no report in {REPORTS}", "run `make accept` first")
    return runs[-1]


def folders_of(names: str) -> list[Path]:
    """The folders of runs whose names are separated by commas. Raises UserError unless there are two or more."""
    folders = [folder_of(name.strip()) for name in names.split(",")]
    if len(set(folders)) < 2:
        raise UserError("merging takes two runs or more", "set RUNS=a,b")
    return folders


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A run, or several."""
    parser.add_argument("folder", nargs="?", type=Path, help="folder of the run (default: the newest)")
    parser.add_argument("--merge", metavar="RUN,RUN...", help="merge these runs, by id or folder, into one report")


def run(options: argparse.Namespace) -> int:
    """Print the path of the report."""
    if options.merge is not None:
        print(write_merged(folders_of(options.merge)) / "traceability.html")
    else:
        print(allure_page((options.folder or last_run()).resolve()))
    return 0


def allure_page(folder: Path) -> Path:
    """Make the Allure report of a run; return its page. Raises UserError if npm or Allure's results are missing."""
    if not (folder / "allure-results").is_dir():
        raise UserError(f"{folder} has no allure-results", "give the folder of a run, below reports/")
    if not PROGRAM.exists():
        if not shutil.which("npm"):
            raise UserError("npm is not installed", "install Node.js 20 or newer; traceability.html needs nothing")
        say("Installing Allure ...")
        run_program(["npm", "ci", "--no-audit", "--no-fund"], cwd=ROOT)
    page = folder / "allure-report"
    options = ["--single-file", "--group-by", "feature,story", "--report-name", folder.name]
    run_program([PROGRAM, "awesome", *options, "--output", page, folder / "allure-results"], cwd=ROOT)
    return page / "index.html"
