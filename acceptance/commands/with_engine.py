"""The container engine: found, or (by `make accept` and `make test` only) installed and started.

`python -m acceptance with-engine COMMAND...` makes sure that an engine answers, runs COMMAND, and stops the engine
again if this call started it and it holds no kept platform.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from acceptance.base.errors import UserError
from acceptance.base.paths import STATE
from acceptance.base.progress import say
from acceptance.base.signals import on_end
from acceptance.clients import engine
from acceptance.clients.browser import BROWSERS
from acceptance.clients.engine import INOTIFY_INSTANCES, client, kept_containers, lacks_sys_resource

WRAPPER = Path(__file__).parent / "runc-without-sys-resource"
PACKAGES = ("docker.io", "debootstrap", "iptables", "ca-certificates", "git")
PROGRAMS = ("git", "openssl")
"""Other programs that a run uses, named like their Debian packages."""

START_TIMEOUT = 60.0

INOTIFY_WATCHES = 524288


def is_debian_like() -> bool:
    """Whether packages are installed with apt-get here."""
    return shutil.which("apt-get") is not None


def install_packages(packages: Sequence[str] = PACKAGES) -> None:
    """Install Debian packages. Raises UserError with the last lines of apt's output."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    result = subprocess.run(install, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        subprocess.run(["apt-get", "update"], env=environment, capture_output=True, stdin=subprocess.DEVNULL)
        result = subprocess.run(install, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        tail = "\n".join((result.stdout + result.stderr).splitlines()[-15:])
        raise UserError(f"apt-get could not install {' '.join(packages)}:\n{tail}", remedy="fix apt, then run again")


def install_programs() -> None:
    """Install what a run uses besides the engine. The browser may fail to install: pages can be judged without it."""
    if missing := [program for program in PROGRAMS if not shutil.which(program)]:
        say(f"Installing {' '.join(missing)} from Debian ...")
        install_packages(missing)
    browser = BROWSERS[0]
    known = ["apt-cache", "show", browser]
    if not shutil.which(browser) and (
        not any(map(shutil.which, BROWSERS)) or subprocess.run(known, capture_output=True).returncode == 0
    ):
        say(f"Installing {browser} from Debian ...")
        try:
            install_packages([browser])
        except UserError as error:
            say(f"  {error}")


def raise_inotify_limits() -> None:
    """Five nodes with a full platform need more inotify instances than the default of 128."""
    for name, wanted in (("max_user_instances", INOTIFY_INSTANCES), ("max_user_watches", INOTIFY_WATCHES)):
        path = Path("/proc/sys/fs/inotify") / name
        if path.exists() and int(path.read_text()) < wanted and os.access(path, os.W_OK):
            path.write_text(str(wanted))


def start() -> int:
    """Start dockerd in its own session and return its process id. Raises UserError if it does not answer."""
    for file in (Path("/var/run/docker.pid"), Path("/var/run/docker/containerd/containerd.pid")):
        # The pid file of a killed engine names a process that is gone, or whose pid has been reused.
        if file.exists():
            name = Path("/proc", file.read_text().strip(), "comm")
            if not (name.exists() and name.read_text().strip() in ("dockerd", "containerd")):
                file.unlink()
    command = ["dockerd", "--data-root", "/var/lib/docker"]
    if lacks_sys_resource():
        wrapper = Path("/usr/local/lib/alternate-futures") / WRAPPER.name
        wrapper.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(WRAPPER, wrapper)
        say("  CAP_SYS_RESOURCE is missing here: containers run without it, using " + str(wrapper))
        command += ["--add-runtime", f"without-sys-resource={wrapper}", "--default-runtime", "without-sys-resource"]
    STATE.mkdir(parents=True, exist_ok=True)
    log = STATE / "dockerd.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    deadline = time.monotonic() + START_TIMEOUT
    client.cache_clear()
    try:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            if engine.answers():
                return process.pid
            time.sleep(0.2)
    except KeyboardInterrupt:
        process.terminate()
        raise
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    if process.poll() is None:
        process.terminate()
    raise UserError(f"dockerd did not answer within {START_TIMEOUT:.0f} s:\n{tail}", remedy=f"read {log}")


def ensure(uid: Callable[[], int] = os.geteuid) -> int | None:
    """Make an engine answer; return the process id of the one that this call started, else None.

    Installs only as root on a Debian-like system, announcing it first. Raises UserError anywhere else.
    """
    if uid() == 0:
        raise_inotify_limits()
        if is_debian_like():
            install_programs()
    if engine.answers():
        return None
    engine.refuse_podman()
    if uid() != 0 or not is_debian_like():
        raise UserError(
            "no container engine answers",
            remedy="start Docker, or run as root on a Debian-like system, where it is installed for you",
        )
    if not shutil.which("dockerd") or not shutil.which("debootstrap"):
        say(f"No container engine: installing {' '.join(PACKAGES)} from Debian ...")
        install_packages()
        client.cache_clear()
    if engine.answers():
        return None
    say("Starting the container engine ...")
    pid = start()
    say(f"  engine ready (process {pid}, data in /var/lib/docker, log in {STATE / 'dockerd.log'})")
    return pid


def stop(pid: int) -> None:
    """Stop the engine that `ensure` started, gracefully, after its registry, so that the registry loses no data."""
    running = subprocess.run([client(), "ps", "-q"], capture_output=True, text=True).stdout.split()
    if running:
        subprocess.run([client(), "stop", "-t", "5", *running], capture_output=True)
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            done, _ = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            return
        if done:
            return
        time.sleep(0.1)


def run_with_engine(command: list[str], environment: Mapping[str, str] | None = None) -> int:
    """Run `command` with an engine that answers; return its exit code. What ends us ends the command first."""
    started = ensure()
    try:
        code = run_to_its_end(command, environment)
    finally:
        if started is not None:
            leave(started)
    return code if code >= 0 else 128 - code


def run_to_its_end(command: list[str], environment: Mapping[str, str] | None = None) -> int:
    """Run `command`, passing on SIGTERM and SIGHUP, and wait until it has cleaned up; return its exit code."""
    # Ctrl-C reaches the child through the terminal's process group.
    signal.signal(signal.SIGINT, lambda *_: None)
    children: list[subprocess.Popen[bytes]] = []
    told: list[int] = []

    def pass_on(number: int) -> None:
        told.append(number)
        for child in children:
            child.send_signal(number)

    # Before the child starts: it may have to end as soon as it runs.
    on_end(pass_on)
    children.append(subprocess.Popen(command, env=environment))
    if told:
        children[0].send_signal(told[0])
    return children[0].wait()


def leave(started: int) -> None:
    """Stop the engine that this call started, unless it holds a kept platform."""
    if kept := kept_containers():
        say(f"The engine keeps running for {len(kept)} containers of a kept platform (`make down` removes them).")
    else:
        stop(started)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command."""
    parser.add_argument("program", metavar="COMMAND", help="the program to run")
    parser.add_argument("arguments", metavar="...", nargs=argparse.REMAINDER, help="its arguments")


def run(options: argparse.Namespace) -> int:
    """Run a command with an engine; return its exit code, or 130 if Ctrl-C came before the engine was ready."""
    return run_with_engine([options.program, *options.arguments])
