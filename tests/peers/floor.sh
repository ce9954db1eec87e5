#!/bin/sh
# The floor: requirement 2 in kubectl and shell, with nothing around it.
#
#   floor.sh [CHECK...]            one after another (2.1 2.3): without any, all
#   floor.sh --at-once [CHECK...]  each in a process of its own, all at the same time
#
# Prints a line for each check, and what those printed that failed. 1 if one did. checks.sh says what it needs.
set -eu
here=$(dirname "$0")

if [ "${1:-}" = --one ]; then
  . "$here/checks.sh"
  trap remove_namespace EXIT
  "check_$(echo "$2" | tr . _)"
  exit
fi

at_once=
if [ "${1:-}" = --at-once ]; then at_once=yes; shift; fi
[ $# -gt 0 ] || set -- 2.1 2.2 2.3 2.4 2.5 2.6 2.7
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

judge() {
  began=$(date +%s)
  if sh -eu "$0" --one "$1" >"$logs/$1" 2>&1; then said=passed; else said=FAILED; fi
  echo "$1 $said $(($(date +%s) - began)) s" >"$logs/$1.verdict"
}

for check; do if [ "$at_once" ]; then judge "$check" & else judge "$check"; fi; done
wait
(. "$here/checks.sh" && all_gone) >"$logs/gone" 2>&1 || echo "gone FAILED: namespaces are still there" >"$logs/gone.verdict"
cat "$logs"/*.verdict
for check; do if grep -q FAILED "$logs/$check.verdict"; then sed "s/^/  $check: /" "$logs/$check"; fi; done
! grep -q FAILED "$logs"/*.verdict
