#!/bin/sh
# Gives recipes the versions of images/shared-modules.txt: share-modules.sh [RECIPE...]
# Go compiles a package once for all recipes if it and everything below it are the same in them.
set -eu
cd "$(dirname "$0")"
[ $# -gt 0 ] || set -- $(for file in */go.mod; do dirname "$file"; done)

# What go.mod requires. A fork that the program itself asks for stays.
required() {
  go mod edit -json | python3 -c '
import json, sys
file = json.load(sys.stdin)
forks = {line["Old"]["Path"] for line in file.get("Replace") or [] if line["New"]["Path"] != line["Old"]["Path"]}
print(*sorted({line["Path"] for line in file["Require"]} - forks), sep="\n")
'
}

# The modules and versions for a recipe.
shared() {
  awk -v recipe="$1" '
    /^\[/ { applies = index(" " substr($0, 2, length($0) - 2) " ", " " recipe " ") || $0 == "[all]"; next }
    applies && NF == 2 && $1 !~ /^#/ { print $1, $2 }
  ' shared-modules.txt
}

for recipe; do
  versions=$(shared "$recipe")
  (
    cd "$recipe"
    before=
    # Another version may require more modules.
    while after=$(cat go.mod); [ "$before" != "$after" ]; do
      before=$after
      modules=$(required)
      for edit in $(echo "$versions" | while read -r module version; do
        ! echo "$modules" | grep -Fqx "$module" || echo "-replace=$module=$module@$version"
      done); do
        go mod edit "$edit"
      done
      # Writes the checksums of what is used now.
      GOFLAGS=-mod=mod go list -e -deps tool . >/dev/null
    done
  )
done
