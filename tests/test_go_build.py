"""images/go-build.sh: what it has Go do, and what it says."""

import subprocess

from acceptance.base.paths import IMAGES

GO = """#!/bin/sh
printf '%s|' "$@" >>"$LOG"
echo >>"$LOG"
[ "$1" != list ] || printf "$STALE"
"""


def go_build(folder, stale, *arguments):
    """What the script prints, and the calls of Go that it makes."""
    go = folder / "go"
    go.write_text(GO)
    go.chmod(0o755)
    log = folder / "log"
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "LOG": str(log), "STALE": stale}
    command = ["sh", IMAGES / "go-build.sh", *arguments]
    printed = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return printed, [line.split("|")[:-1] for line in log.read_text().splitlines()]


def test_it_says_how_many_packages_there_are_to_compile_and_compiles_them(tmp_path):
    printed, calls = go_build(tmp_path, ".\\n\\n.\\n", "-tags", "a b", "-ldflags", "-s -w", "-o", "/out/", "tool")
    assert printed == "packages to compile: 2\n"
    flags = ["-tags", "a b", "-ldflags", "-s -w", "tool"]
    assert calls == [
        ["list", "-deps", "-f", "{{if .Stale}}.{{end}}", *flags],
        ["build", "-v", "-o", "/out/", *flags],
    ]


def test_nothing_to_compile_is_no_error(tmp_path):
    printed, calls = go_build(tmp_path, "", "-o", "/out/etcd", ".")
    assert printed == "packages to compile: 0\n"
    assert calls[1] == ["build", "-v", "-o", "/out/etcd", "."]


def test_each_recipe_that_compiles_go_says_so():
    silent = {"probe"}  # Its workflow builds it by hand, and it is small.
    recipes = {file.parent.name for file in IMAGES.glob("*/Dockerfile") if "go build" in file.read_text()}
    assert recipes == silent
