"""Reports of a run: verdicts.json, traceability.html, junit.xml, Allure; merging and comparing them.

Covers files that people and auditors read.
Verdicts themselves belong in criteria/, terminal output in runner/.
"""
