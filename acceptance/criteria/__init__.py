"""The contract and what became of it: criteria, subtasks, results, verdicts, evidence, one run.

Covers data that a report is made from; it knows no cluster.
How a report looks belongs in reports/, hooks of pytest in runner/.
"""
