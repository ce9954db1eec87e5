#!/bin/sh
# Writes go.mod and go.sum of a recipe anew: update-modules.sh RECIPE MODULE@VERSION [PACKAGE...] [-- OLD=NEW...]
# PACKAGE is relative to MODULE (default: its root). The `replace` lines of MODULE's own go.mod are repeated in
# ours, for they do not carry over. Local ones (=> ./staging/src/X) become X at v0.MINOR.PATCH for Kubernetes, which
# publishes them so; elsewhere the published module that is required is taken.
# Modules that it shares with other recipes take the version in shared-modules.txt (share-modules.sh).
set -eu
folder=$(dirname "$0")/$1 module=${2%@*} version=${2#*@}
shift 2
packages='' replaces=''
while [ $# -gt 0 ] && [ "$1" != -- ]; do packages="$packages $module/$1"; shift; done
[ $# -gt 0 ] && shift
replaces=$*
mkdir -p "$folder"
cd "$folder"
rm -f go.mod go.sum
go mod init "recipe/$(basename "$folder")" 2>/dev/null
for pair in $replaces; do go mod edit -replace "$pair"; done
source=$(echo "$replaces" | tr ' ' '\n' | sed -n "s|^$module=||p")
own=$(go mod download -json "${source:-$module@$version}" | sed -n 's/^\t"GoMod": "\(.*\)",/\1/p')
go mod edit -json "$own" | python3 -c '
import json, sys
patch = sys.argv[1].lstrip("v").split(".", 1)[1]
for line in json.load(sys.stdin).get("Replace") or []:
    old, new = line["Old"]["Path"], line["New"]
    if line["Old"].get("Version"):
        old += "@" + line["Old"]["Version"]
    if new["Path"].startswith("."):
        if old.startswith("k8s.io/"):
            print(f"{old}={old}@v0.{patch}")
    else:
        print(old + "=" + new["Path"] + "@" + new["Version"])
' "$version" | while read -r pair; do go mod edit -replace "$pair"; done
for package in ${packages:-$module}; do
  go get -tool "$package@$version"
done
../share-modules.sh "$(basename "$folder")"
