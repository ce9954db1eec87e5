"""The contract and its outcome: criteria, subtasks, results, verdicts, evidence, one run.

Covers the data behind a report; it knows no cluster.
The look of a report belongs in reports/, pytest hooks in runner/.
"""
