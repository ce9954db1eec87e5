#!/bin/sh
# Prints the records that the platform needs, then waits until each of $NAMES resolves to $ADDRESSES and nothing else.
set -eu
PAUSE=${PAUSE:-15}
end=$(($(date +%s) + MINUTES * 60))
LOOKUP=${LOOKUP:-getent ahostsv4}

echo "The platform's names must resolve to the load balancer before certificates can be issued:" >&2
# A wildcard is a name here, not a glob.
set -f
for name in $NAMES; do
  for address in $ADDRESSES; do echo "  $name. A $address" >&2; done
done

# Prints what is wrong with a name's records, or nothing.
wrong() {
  # For a wildcard, any name will do.
  found=$($LOOKUP "$(echo "$1" | sed 's/^\*/any/')" 2>/dev/null | awk '{print $1}' | sort -u)
  [ -n "$found" ] || { echo "has no address"; return; }
  for address in $found; do
    case " $ADDRESSES " in *" $address "*) ;; *) echo "resolves to $address"; return ;; esac
  done
}

for name in $NAMES; do
  while problem=$(wrong "$name") && [ -n "$problem" ]; do
    [ "$(date +%s)" -lt "$end" ] || { echo "$name $problem after $MINUTES minutes" >&2; exit 1; }
    sleep "$PAUSE"
  done
  echo "$name resolves to the load balancer" >&2
done
