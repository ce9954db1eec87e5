"""The AWS command line, begun with its modules and descriptions of services loaded: a fifth of the work of each call.

As a program it serves at a socket until its standard input ends: `warm_aws.py SOCKET`. Each call runs in a process of
its own, with the caller's arguments, environment, folder and files. `CALL` is the program that a test finds as `aws`.
"""

import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from pathlib import Path

SERVICES = (
    "ec2", "elbv2", "iam", "kms", "resourcegroupstaggingapi", "route53", "s3", "secretsmanager", "service-quotas",
    "ssm", "sts",
)  # fmt: skip
KINDS = ("service-2", "endpoint-rule-set-1", "paginators-1", "waiters-2")
SERVERS: list = []
CALL = """#!/bin/sh
'''exec' "{python}" -IS "$0" "$@"
' '''
# The AWS command line, by way of the server at {socket}; by itself where nobody serves there.
import json, os, socket, sys
try:
    server = socket.socket(socket.AF_UNIX)
    server.connect("{socket}")
except OSError:
    os.execv("{python}", ["{python}", "{program}", *sys.argv[1:]])
call = [sys.argv[1:], dict(os.environ), os.getcwd()]
socket.send_fds(server, [b"f"], [0, 1, 2])
server.sendall(json.dumps(call).encode(errors="surrogateescape"))
server.shutdown(socket.SHUT_WR)
sys.exit(int(server.recv(16) or b"1"))
"""


def lend(folder):
    """Put CALL in the place of a virtual environment's `aws`, and serve it until this process ends, if nobody does."""
    call, program, path = (folder / name for name in ("bin/aws", "bin/aws-itself", "aws.sock"))
    if not program.exists():
        call.rename(program)
    text = CALL.format(python=folder / "bin" / "python", socket=path, program=program)
    if not call.exists() or call.read_text() != text:
        call.write_text(text)
        call.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as server, contextlib.suppress(OSError):
        server.connect(str(path))
        return
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    SERVERS.append(subprocess.Popen([folder / "bin" / "python", __file__, path], **pipes))
    SERVERS[-1].stdout.readline()


def main(path):
    """Serve until the standard input ends."""
    import awscli.clidriver as command_line

    session = sys.modules[type(command_line.create_clidriver().session).__module__]
    session.create_loader = functools.cache(session.create_loader)
    loader_error = sys.modules[session.__name__.replace("session", "exceptions")].DataNotFoundError
    loader = command_line.create_clidriver().session.get_component("data_loader")
    loader.list_available_services("service-2")
    for name in SERVICES:
        for kind in KINDS:
            # Not every service has every kind.
            with contextlib.suppress(loader_error):
                loader.load_service_model(name, kind)
    for name in ("endpoints", "partitions", "_retry", "sdk-default-configuration"):
        loader.load_data(name)
    # The kernel takes ended calls away.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    server = socket.socket(socket.AF_UNIX)
    Path(path).unlink(missing_ok=True)
    server.bind(path)
    server.listen(64)
    threading.Thread(target=lambda: (sys.stdin.read(), Path(path).unlink(), os._exit(0)), daemon=True).start()
    print("ready", flush=True)
    while True:
        caller, _ = server.accept()
        if os.fork() == 0:
            server.close()
            answer(caller, command_line.main)
        caller.close()


def answer(caller, run):
    """In the new process: become what the caller would have started; tell it the exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, files, _, _ = socket.recv_fds(caller, 1, 3)
    said = b"".join(iter(lambda: caller.recv(1 << 16), b""))
    arguments, environment, folder = json.loads(said.decode(errors="surrogateescape"))
    for number, file in enumerate(files):
        os.dup2(file, number)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode) for number, mode in enumerate("rww"))
    # Importing the command line has set where its descriptions of services are.
    environment["AWS_DATA_PATH"] = os.environ["AWS_DATA_PATH"]
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["aws", *arguments]
    code = 255
    try:
        code = run()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        caller.sendall(str(code or 0).encode())
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
