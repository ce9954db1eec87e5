"""Files that a control plane's programs read when they start, and that changed since: the next start shows it.

If the key of Secrets was replaced in its file, it shows that no Secret can be read any more. Source: 2.1, 2.8, 27.2.
"""

from __future__ import annotations

from collections.abc import Iterable

from acceptance.cluster.cluster import Cluster

READ_ONCE = (
    "encryption-provider-config", "admission-control-config-file", "audit-policy-file", "audit-webhook-config-file",
    "egress-selector-config-file", "tracing-config-file", "token-auth-file", "service-account-signing-key-file",
    "service-account-private-key-file", "config", "config-file",
)  # fmt: skip
"""Flags with a file that nobody reads again. API servers do read `authentication-config` and `authorization-config`."""
RELOADS = "--encryption-provider-config-automatic-reload"
NAMED = r"s/^--\(" + r"\|".join(READ_ONCE) + r"\)=/\1 /p"
"""Prints flag and file of each, for sed, given a program's words."""
LOOK = (
    # A process' own name has 15 characters.
    "for pid in $(pgrep -x 'kube-apiserver|kube-controller|kube-scheduler|etcd'); do "
    'age=$(ps -o etimes= -p $pid); [ -n "$age" ] || continue; began=$(($(date +%s) - age)); '
    "words=$(tr '\\0' '\\n' </proc/$pid/cmdline); "
    f"echo \"$words\" | sed -n '{NAMED}' | while read -r flag file; do "
    # As the program sees it, whose container may have the file elsewhere.
    'changed=$(stat -L -c %Y "/proc/$pid/root$file" || stat -L -c %Y "$file") || continue; '
    f'if [ $flag = {READ_ONCE[0]} ] && echo "$words" | grep -qx -e {RELOADS} -e {RELOADS}=true; then changed=0; fi; '
    'echo "read $flag $file $changed $began"; done; done 2>/dev/null; true'
)
"""Prints `read FLAG FILE CHANGED STARTED` for each such file, in seconds since 1970.

CHANGED is 0 if the program reads it again.
"""
SLACK = 2
"""Seconds by which the start of a process is known only roughly."""


def in_words(lines: Iterable[str]) -> list[str]:
    """The files that changed after their program had started, in words, given LOOK's lines without `read`."""
    words = [line.split() for line in lines]
    found = [(flag, file, int(changed) - int(began)) for flag, file, changed, began in words]
    return [
        f"{file} (--{flag}) changed {late} s after the program that reads it had started"
        for flag, file, late in found
        if late > SLACK
    ]


def key_files(cluster: Cluster) -> list[str]:
    """The files with the key of Secrets that changed since their API server started, in words."""
    found = []
    for machine in cluster.outputs.control_planes:
        lines = cluster.on_node(machine.name, "sh", "-c", LOOK).splitlines()
        of_key = [line.removeprefix("read ") for line in lines if line.startswith(f"read {READ_ONCE[0]} ")]
        said = in_words(of_key) if of_key else ["no API server shows a file with its key"]
        found += [f"{machine.name}: {text}" for text in said]
    return found
