"""`make report`: the Allure report of a run, as one page that opens without a server."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from acceptance.base.errors import UserError
from acceptance.base.paths import REPORTS, ROOT
from acceptance.base.progress import say
from acceptance.clients.process import run

PROGRAM = ROOT / "node_modules" / ".bin" / "allure"


def last_run() -> Path:
    """The folder of the newest run that left a report. Raises UserError if there is none."""
    runs = sorted(path.parent for path in REPORTS.glob("*/verdicts.json"))
    if not runs:
        raise UserError(f"no report in {REPORTS}", "run `make accept` first")
    return runs[-1]


def main() -> int:
    """Command line: a run's folder (default: the newest)."""
    try:
        folder = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else last_run()
        if not (folder / "allure-results").is_dir():
            raise UserError(f"{folder} holds no allure-results", "give the folder of a run, below reports/")
        if not PROGRAM.exists():
            if not shutil.which("npm"):
                raise UserError("npm is not there", "install Node.js 20 or newer; traceability.html needs nothing")
            say("Installing Allure ...")
            run(["npm", "ci", "--no-audit", "--no-fund"], cwd=ROOT)
        page = folder / "allure-report"
        command: list[str | Path] = [
            PROGRAM,
            "awesome",
            "--single-file",
            "--group-by",
            "feature,story",
            "--report-name",
            folder.name,
        ]
        run([*command, "--output", page, folder / "allure-results"], cwd=ROOT)
    except UserError as error:
        say(str(error))
        return 4
    print(page / "index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
