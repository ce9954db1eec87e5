"""What docs/operations.md says for production alone: the backup, run here with programs of a test's own."""

import os
import re
import subprocess

import pytest

from acceptance.base.paths import ROOT

TEXT = (ROOT / "docs" / "operations.md").read_text()
BLOCKS = re.findall(r"```sh production\n(.*?)```", TEXT, re.DOTALL)
PASSWORD = "a-password-of-the-superuser"
DUMP = "/home/yugabyte/postgres/bin/ysql_dump"
CLIENT = "/home/yugabyte/bin/ysqlsh"

# `exec` runs here what it would run in the pod.
KUBECTL = f"""#!/bin/sh
case "$*" in
*"get secret database-admin"*) printf {PASSWORD} ;;
*"get nodes"*) echo node/control-plane-1-i-0abc ;;
exec*) while [ "$1" != -- ]; do shift; done; shift; exec "$@" ;;
esac
"""
DATABASE = f"""#!/bin/sh
[ "$PGPASSWORD" = {PASSWORD} ] || {{ echo "no password" >&2; exit 2; }}
case "$*" in *{PASSWORD}*) exit 3 ;; esac
case "$0" in *ysql_dump) echo "-- a dump" ;; *) cat >"$RESTORED" ;; esac
"""


@pytest.fixture
def run(tmp_path):
    """Runs the block that has a text, with kubectl, aws, make and the database's programs replaced."""
    programs = {
        "kubectl": KUBECTL, "ysql_dump": DATABASE, "ysqlsh": DATABASE, "make": "#!/bin/sh\n", "tofu": "#!/bin/sh\n",
        "aws": '#!/bin/sh\necho "$*" >>"$CALLS"; cat >>"$CALLS"\n', "pytest": "#!/bin/sh\n",
    }  # fmt: skip
    for name, text in programs.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)

    def run(text):
        block = next(block for block in BLOCKS if text in block).replace(".venv/bin/pytest", "pytest")
        for path in (DUMP, CLIENT):
            block = block.replace(path, f"{tmp_path}/{path.rpartition('/')[2]}")
        environment = os.environ | {
            "PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLS": str(tmp_path / "calls"),
            "RESTORED": str(tmp_path / "restored"),
        }  # fmt: skip
        done = subprocess.run(
            ["sh", "-euc", block], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return tmp_path

    return run


def test_the_backup_dumps_with_the_superusers_password_and_saves_etcd_on_a_server(run):
    folder = run(DUMP)
    assert (folder / "database.sql").read_text() == "-- a dump\n"
    calls = (folder / "calls").read_text()
    assert "--instance-id i-0abc" in calls
    assert "k3s etcd-snapshot save" in calls


def test_the_dump_is_put_back_with_the_same_password(run, tmp_path):
    (tmp_path / "database.sql").write_text("-- a dump\n")
    folder = run(CLIENT)
    assert (folder / "restored").read_text() == "-- a dump\n"


def test_every_call_of_tofu_gives_the_variables_that_the_states_encryption_takes():
    calls = [line for block in BLOCKS for line in block.splitlines() if "tofu " in line]
    assert calls
    assert all("-var-file=environments/production.tfvars" in call for call in calls)
    readme = (ROOT / "infrastructure" / "aws" / "README.md").read_text()
    calls = re.findall(r"^tofu (?:init|apply|output|state)[^&\n]*$", readme.partition("## Provision")[2], re.MULTILINE)
    assert len(calls) >= 2
    assert all("-var-file=" in call for call in calls)
