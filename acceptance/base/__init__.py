"""What everything else builds on: settings, errors, deadlines, waiting, secrecy, paths, progress, conditions.

Covers types and functions that know no cluster, no engine and no pytest hook.
A client of a program or a server belongs in clients/, anything that knows a criterion in criteria/.
"""
