"""One module per `make` target, run as `python -m acceptance COMMAND`.

Covers command lines: arguments, what is printed, exit codes.
Logic that scenarios or a run share belongs on a lower floor.
"""
