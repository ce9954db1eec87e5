"""Reports of a run: verdicts.json, traceability.html, junit.xml, Allure, and what merges and compares them.

Covers files that people and auditors read.
What a verdict is belongs in criteria/, what stands on the terminal in runner/.
"""
