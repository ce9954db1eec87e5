"""Prints the newest run's verdicts as Markdown, for the summary of a GitHub job."""

import json
import sys
from collections import Counter
from pathlib import Path

PASSING = {"passed", "substituted", "no scenario", "not selected"}


def summary(reports: Path) -> str:
    """The verdicts of the newest run: how many of each, and a row for each criterion that did not pass."""
    files = sorted(reports.glob("*/verdicts.json"))
    if not files:
        return "There is no report: the run ended before it had one.\n"
    document = json.loads(files[-1].read_text())
    counts = Counter(criterion["outcome"] for criterion in document["criteria"])
    lines = [f"## {files[-1].parent.name}", "", "| verdict | criteria |", "|---|---|"]
    lines += [f"| {verdict} | {count} |" for verdict, count in counts.most_common()]
    rest = [criterion for criterion in document["criteria"] if criterion["outcome"] not in PASSING]
    if rest:
        lines += ["", "| criterion | verdict | reason |", "|---|---|---|"]
        for criterion in rest:
            reason = " ".join(str(criterion.get("reason") or "").split()).replace("|", "\\|")[:300]
            lines.append(f"| {criterion['id']} | {criterion['outcome']} | {reason} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(summary(Path(sys.argv[1])), end="")
