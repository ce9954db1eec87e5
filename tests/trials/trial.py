"""`make accept` from a fresh clone on a machine made different: another user, a proxy, a registry. See README.md."""

from __future__ import annotations

import argparse
import contextlib
import os
import pwd
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from forward_proxy import ForwardProxy, forward_proxy  # noqa: E402
from upstream_registry import Mirror, mirror, mirrored, out_of_sight  # noqa: E402

from acceptance.base.environment import load_environment  # noqa: E402
from acceptance.images.build import Images  # noqa: E402


def arguments() -> argparse.Namespace:
    """The command line; what follows `--` goes to pytest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--user", help="run as this user, created if missing")
    parser.add_argument("--proxy", action="store_true", help="behind a proxy on the loopback")
    parser.add_argument("--registry", action="store_true", help="with a mirror that holds the images in the lock")
    for name, what in (("missing", "lacks"), ("busy", "first answers 429 for")):
        parser.add_argument(f"--{name}", action="append", default=[], help=f"an image that the mirror {what}")
    parser.add_argument("--away", help="the upstream registry whose mirror does not answer")
    parser.add_argument("accept", nargs="*", help="arguments of make accept, after --")
    return parser.parse_args()


def clone(folder: Path, user: str | None) -> Path:
    """A fresh clone of the last commit, owned by the user who runs it."""
    checkout = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(checkout)], check=True)
    if user:
        subprocess.run(["chown", "--recursive", user, str(folder)], check=True)
    return checkout


def ensure_user(name: str) -> Path:
    """An ordinary user in the group docker, with an empty home; returns the home."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        subprocess.run(["useradd", "--create-home", "--groups", "docker", "--shell", "/bin/bash", name], check=True)
    home = Path(pwd.getpwnam(name).pw_dir)
    for path in home.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    # Settings of package registries that root has in its home and a user would have in theirs.
    for known in (".npmrc", ".config/pip/pip.conf"):
        if (source := Path.home() / known).is_file():
            target = home / known
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    subprocess.run(["chown", "--recursive", f"{name}:", str(home)], check=True)
    return home


def point_at(made: Mirror, checkout: Path, options: argparse.Namespace) -> None:
    """Change the clone's environment and lock so that images come from the mirror, which misbehaves as asked."""
    lock = made.images.lock
    made.behaviour.missing = {mirrored(lock[name]).rpartition(":")[0] for name in options.missing}
    made.behaviour.busy = {mirrored(lock[name]).rpartition(":")[0]: 2 for name in options.busy}
    path = checkout / "environments" / "kind.toml"
    text = path.read_text()
    assert 'mode = "auto"\n' in text
    path.write_text(text.replace('mode = "auto"\n', f'mode = "auto"\nupstream = {made.upstream(options.away)}\n'))
    path = checkout / "images" / "lock.toml"
    text = path.read_text()
    for name, digest in made.digests.items():
        text = text.replace(lock[name].digest or "", digest)
    path.write_text(text)


@contextlib.contextmanager
def registry(checkout: Path, options: argparse.Namespace) -> Iterator[Mirror | None]:
    """The mirror, if the trial has one."""
    if not options.registry:
        yield None
        return
    with mirror(Images("build")) as made:
        point_at(made, checkout, options)
        with out_of_sight(made):
            yield made


@contextlib.contextmanager
def proxy(options: argparse.Namespace) -> Iterator[ForwardProxy | None]:
    """The proxy, if the trial has one."""
    if not options.proxy:
        yield None
        return
    with forward_proxy(load_environment("kind").domain) as made:
        yield made


def accept(checkout: Path, options: argparse.Namespace, variables: dict[str, str], log: Path) -> int:
    """Run `make accept` and return its exit code."""
    command = ["make", "accept", f"ARGS={shlex.join(options.accept)}"]
    if options.user:
        settings = [f"{name}={value}" for name, value in variables.items()]
        command = ["runuser", "--user", options.user, "--", "env", *settings, *command]
    with log.open("w") as output:
        return subprocess.run(
            command, cwd=checkout, env={**os.environ, **variables}, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT,
        ).returncode  # fmt: skip


def main() -> int:
    """One trial."""
    options = arguments()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="trial-")))
        folder.chmod(0o755)
        home = ensure_user(options.user) if options.user else folder
        variables = {"HOME": str(home)} if options.user else {"XDG_CACHE_HOME": str(folder / "cache")}
        checkout = clone(folder, options.user)
        made = stack.enter_context(registry(checkout, options))
        outside = stack.enter_context(proxy(options))
        if outside:
            url = f"http://127.0.0.1:{outside.port}"
            variables |= {name: url for upper in ("HTTP_PROXY", "HTTPS_PROXY") for name in (upper, upper.lower())}
        log = Path(tempfile.gettempdir()) / f"trial-{time.strftime('%H%M%S')}.log"
        print(f"log: {log}", flush=True)
        started = time.monotonic()
        code = accept(checkout, options, variables, log)
        return report(code, time.monotonic() - started, log.read_text(), made, outside)


def report(code: int, seconds: float, said: str, made: Mirror | None, outside: ForwardProxy | None) -> int:
    """Print the result; return the exit code of the trial."""
    print(f"make accept: exit {code} after {seconds:.0f} s")
    shown = r"Images:|unavailable|on the PATH|Building \d|criteria hold|verdicts?:|=+ .* in [\d.]+s"
    for line in said.splitlines():
        if re.search(shown, line):
            print(f"  {line.strip()}")
    if made:
        print(f"mirror: {len(made.behaviour.pulled)} images pulled of {len(made.entries)}")
    if outside:
        print(f"proxy: {outside.served} requests passed on, {len(outside.refused)} refused")
        for target in sorted(set(outside.refused)):
            print(f"  refused: {target}")
    return code or int(bool(outside and outside.refused))


if __name__ == "__main__":
    sys.exit(main())
