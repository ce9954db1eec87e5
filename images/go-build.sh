#!/bin/sh
# sh /go-build FLAG... PACKAGE...: go build, which says how many packages there are to compile, and each as it begins.
# Recipes mount it (and secrets cannot be executed), so that no image changes with it. Its figures are the progress that
# `make accept` shows (acceptance/clients/docker.py).
set -eu
# go list takes the same flags but for the output.
output= previous=
for argument; do
  shift
  if [ "$previous" = -o ]; then output=$argument
  elif [ "$argument" != -o ]; then set -- "$@" "$argument"
  fi
  previous=$argument
done
packages=$(go list -deps -f '{{if .Stale}}.{{end}}' "$@" | grep -c . || true)
echo "packages to compile: $packages"
exec go build -v -o "$output" "$@"
