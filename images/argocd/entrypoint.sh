#!/bin/sh
# Arbitrary user ids (and git) want a name in the passwd file.
exec tini -- "$@"
