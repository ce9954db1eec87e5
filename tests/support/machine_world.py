"""Stand-ins for AWS and the K3s installer, with which the machines' own scripts run on this machine."""

import hashlib
import os
import subprocess

import yaml

# The secret store and the metadata service, as files: a secret is there once its file is.
AWS_COMMAND = r"""#!/bin/sh
echo "aws $*" >>"$WORLD/calls"
for word; do
  case $previous in --secret-id) id=$(echo "$word" | tr / _) ;; --secret-string) value=${word#file://} ;; esac
  previous=$word
done
[ ! -f "$WORLD/silent" ] || { echo "Could not connect to the endpoint URL" >&2; exit 255; }
case $2 in
get-secret-value) cat "$WORLD/secrets/$id" 2>/dev/null || { echo ResourceNotFoundException >&2; exit 254; } ;;
put-secret-value) cp "$value" "$WORLD/secrets/$id" ;;
esac
"""

CURL_COMMAND = r"""#!/bin/sh
for word; do
  case $previous in -o) to=$word ;; esac
  case $word in http*) url=$word ;; esac
  previous=$word
done
echo "curl $url" >>"$WORLD/calls"
echo "curl $*" >>"$WORLD/curls"
case $url in
*/api/token) echo session ;;
*/meta-data/instance-id) echo "i-$MACHINE_NUMBER" ;;
*/meta-data/local-ipv4) echo "10.0.0.$MACHINE_NUMBER" ;;
*/k3s) cp "$WORLD/binary" "$to" ;;
*/install.sh) cp "$WORLD/installer" "$to" ;;
*) exit 22 ;;
esac
"""

# Records how it was called; a server that starts a cluster leaves what K3s leaves.
INSTALLER = r"""#!/bin/sh
echo "installer $* skip=$INSTALL_K3S_SKIP_DOWNLOAD version=$INSTALL_K3S_VERSION" >>"$WORLD/calls"
[ ! -f "$WORLD/broken" ] || exit 1
cat "$ROOT/etc/rancher/k3s/config.yaml.d/10-node.yaml" >>"$WORLD/calls"
[ "$1" = server ] || exit 0
mkdir -p "$ROOT/var/lib/rancher/k3s/server"
[ -f "$ROOT/var/lib/rancher/k3s/server/token" ] || echo K10hash::server:issued >"$ROOT/var/lib/rancher/k3s/server/token"
printf 'K10hash::node:%s\n' "$(cat "$ROOT/etc/rancher/k3s/agent-token")" >"$ROOT/var/lib/rancher/k3s/server/agent-token"
echo 'server: https://127.0.0.1:6443' >"$ROOT/etc/rancher/k3s/k3s.yaml"
"""
BINARY = '#!/bin/sh\necho "k3s $*" >>"$WORLD/calls"\n'


def parsed_files(user_data):
    """The files that user data writes: contents by machine and path."""
    return {
        machine: {file["path"]: file["content"] for file in yaml.safe_load(text)["write_files"]}
        for machine, text in user_data.items()
    }


class World:
    """The outside of some machines: a secret store, a metadata service, and a place to download K3s from."""

    def __init__(self, folder, files):
        self.folder = folder
        self.files = files
        (folder / "secrets").mkdir(parents=True)
        (folder / "bin").mkdir()
        for name, text in (("aws", AWS_COMMAND), ("curl", CURL_COMMAND)):
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)
        path = f"{folder}/bin:{os.environ['PATH']}"
        self.environment = {"PATH": path, "WORLD": str(folder), "TOKEN_MINUTES": "0", "PAUSE": "0"}
        (folder / "binary").write_text(BINARY)
        (folder / "installer").write_text(INSTALLER)

    def boot(self, machine, number, root=None, check=True):
        """Start a machine with an empty disk (or `root`) and run its script; return the disk and what it did."""
        root = root or self.folder / f"disk-{number}"
        for path, content in self.files[machine].items():
            target = root / path.removeprefix("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            for name in ("binary", "installer"):
                digest = hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
                content = content.replace(f"{name.upper()}_SHA256={name.upper()}", f"{name.upper()}_SHA256={digest}")
            target.write_text(content)
        (root / "usr/local/sbin/k3s-node").chmod(0o755)
        calls = self.folder / "calls"
        calls.write_text("")
        done = subprocess.run(
            ["sh", root / "usr/local/sbin/k3s-node"], capture_output=True, text=True, check=False, timeout=120,
            env={**self.environment, "ROOT": str(root), "MACHINE_NUMBER": str(number)},
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stderr
        return root, calls.read_text(), done

    def secret(self, name):
        """A value in the store, or None."""
        path = self.folder / "secrets" / f"some-cluster_{name}"
        return path.read_text() if path.exists() else None
