"""What Git must not contain is found on every ref, in every form; what it may contain is not reported."""

import base64
import gzip
import lzma
import subprocess
import textwrap
from types import SimpleNamespace as Thing

import pytest

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT
from acceptance.clients.git import Repository
from acceptance.drivers.secrets import deleted_branches, git_leaks

VALUE = "correct-horse-battery-staple"
VALUES = {"jwt-secret/JWT_SECRET": VALUE}
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMII...\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {b: c}\n"
SEALED = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a}\nspec: {encryptedData: {b: Ag==}}\n"
INDENTED = SECRET.replace("\n", "\n    ")


def wrong(text):
    """What is wrong with one text."""
    return list(git_leaks.wrong_in(text, VALUES))


@pytest.mark.parametrize(
    "text",
    [
        f"password = {VALUE}",
        base64.b64encode(f"x={VALUE}".encode()).decode(),
        base64.encodebytes(f"{'x' * 100} {VALUE} {'y' * 100}".encode()).decode(),
        f"blob: |\n{textwrap.indent(base64.encodebytes(f'{SECRET} {VALUE}'.encode()).decode(), '    ')}more: text\n",
        "kind: ConfigMap\ndata: {SMTP_PASSWORD: hunter2-hunter2}\n",
        "kind: Deployment\nspec: {containers: [{env: [{name: SMTP_PASSWORD, value: hunter2}]}]}\n",
        "configMapGenerator:\n- name: mail\n  literals: [HOST=a, STRIPE_API_KEY=sk_live_1]\n",
        "# Mail\nSMTP_HOST=mail\nexport SMTP_PASSWORD='hunter2'\n",
        "kind: ConfigMap\ndata: {SESSION_SECRET: correct-horse-battery, SMTP_PASSWORD: /x1}\n",
        "(\ufffd/\ufffd\x04",
        VALUE.encode("utf-16-le").decode("latin-1"),
        KEY,
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOY",
        f"# created\nAGE-SECRET-KEY-1{'Q' * 58}",
        base64.b64encode(KEY.encode()).decode(),
        SECRET,
        "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {b: Yw==}}",
        '{"kind":"Secret","data":{"b":"Yw=="}}',
        f"kind: List\nitems:\n- {SECRET.strip().replace(chr(10), chr(10) + '  ')}\n",
        f"kind: ConfigMap\ndata:\n  a.yaml: |\n    {INDENTED}",
        base64.b64encode(SECRET.encode()).decode(),
        "kind: Secret\nstringData:\n  a: {{ .Values.password }}\n",
        "secretGenerator:\n- name: a\n  literals: [password=hunter2]\n",
        "secretGenerator:\n- name: a\n  envs: [secrets.env]\n",
        "kind: Deployment\nspec: {containers: [{env: [{name: DB_PASS, value: hunter2}]}]}\n",
        "kind: ConfigMap\ndata: {ENCRYPTION_KEY: 0123456789abcdef0123456789abcdef}\n",
        "DATABASE_URL=postgresql://platform:S3cretPw99x@db.example.com/app\n",
        base64.b64encode(base64.b64encode(f"x={VALUE} and more".encode())).decode(),
        f"binaryData:\n  b.gz: {base64.b64encode(gzip.compress(VALUE.encode(), mtime=0)).decode()}\n",
        f"data: |\n{textwrap.indent(base64.encodebytes(lzma.compress(VALUE.encode())).decode(), '  ')}",
        base64.b64encode(base64.b64encode(gzip.compress(VALUE.encode(), mtime=0))).decode(),
        "\x1f\ufffd\x08\x00",
        "PK\x03\x04",
    ],
    ids=lambda text: repr(text[:24]),
)
def test_what_git_must_not_hold_is_found(text):
    assert wrong(text)


@pytest.mark.parametrize(
    "text",
    [
        SEALED,
        "kind: Secret\nmetadata: {name: a}\n",
        "env:\n- {name: A, valueFrom: {secretKeyRef: {name: jwt-secret, key: JWT_SECRET}}}\n",
        "patches:\n- target: {kind: Secret, name: argocd-secret}\n  patch: '[]'\n",
        "secretGenerator: []\n",
        "env:\n- {name: JWT_SECRET, value: another}\n- {name: SMTP_PASSWORD, value: ''}\n",
        "env: [{name: TOKEN_DAYS, value: '7'}]\n",
        "configMapGenerator:\n- name: a\n  literals: [TOKEN_SECONDS=60]\n  files: [a.sh]\n",
        "#!/bin/sh\nPASSWORD=hunter2\nexec /server\n",
        "SMTP_PASSWORD=\n",
        "env:\n- {name: JWT_KEY, value: path}\n- {name: PWD, value: /srv}\n",
        "DATABASE_URL=postgresql://app:${DB_PASSWORD}@db/app\nTEST_URL=postgres://postgres:postgres@localhost/app\n",
        base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(64))).decode(),
        "kind: ConfigMap\ndata: {SMTP_PASSWORD: '', TOKEN_SECONDS: '60', PASSWORD_FILE: /run/password}\n",
        "API_TOKEN=<your token>\nDB_PASSWORD=changeme\nSMTP_PASSWORD=${SMTP_PASSWORD}\n",
        "kind: ConfigMap\ndata: {REQUIRE_API_KEY: 'false', ISSUE_TOKEN: 'true'}\n",
        "env:\n- {name: CSRF_TOKEN, value: required}\n",
        "# Secret values are sealed: kind SealedSecret, never kind: Secret\n",
    ],
)
def test_what_git_may_hold_is_left_alone(text):
    assert wrong(text) == []


def test_nothing_of_the_manifests_is_taken_for_a_secret():
    paths = [path for path in (ROOT / "k8s").rglob("*") if path.is_file() and "upstream" not in path.parts]
    assert paths
    assert {str(path): found for path in paths if (found := wrong(path.read_text()))} == {}


@pytest.fixture
def repository(tmp_path):
    """A repository with one commit on main, and the clone that it is searched by."""
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch", "main", remote], check=True)
    repository = Repository("platform", str(remote), lambda: str(remote), tmp_path / "clones", "platform", "password")
    repository.commit({"k8s/a.yaml": SEALED}, "The platform")
    return repository


def pushed(repository, ref, files, message="More"):
    """Push files to a ref that no other test uses."""
    for path, text in files.items():
        (repository.folder / path).write_bytes(text if isinstance(text, bytes) else text.encode())
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--allow-empty", "--message", message)
    repository.git("push", "--quiet", repository.remote(), f"HEAD:{ref}")
    repository.fetch()


@pytest.mark.parametrize(
    "ref", ["refs/heads/main", "refs/heads/try", "refs/tags/v1", "refs/notes/x", "refs/pull/1/head"]
)
def test_a_secret_is_found_on_every_ref(repository, ref):
    pushed(repository, ref, {"notes.txt": SECRET})
    found = git_leaks.leaks(git_leaks.every_version(repository), VALUES)
    assert len(found) == 1 and "platform: notes.txt" in found[0], found


def test_a_tag_that_was_deleted_is_searched_no_more(repository):
    pushed(repository, "refs/tags/v1", {"notes.txt": SECRET})
    assert git_leaks.leaks(git_leaks.every_version(repository), VALUES)
    repository.git("push", "--quiet", repository.remote(), ":refs/tags/v1")
    assert git_leaks.leaks(git_leaks.every_version(repository), VALUES) == []


def kept(repository):
    """The list of all objects that a repository's server keeps."""
    where = ["git", "--git-dir", repository.remote()]
    listing = ["cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)"]

    def kubectl(*words):
        assert words[-1] == listing[-1] and f"/srv/git/{repository.name}.git" in words
        return subprocess.run([*where, *listing], check=True, capture_output=True, text=True).stdout

    return deleted_branches.objects_kept(Thing(kubectl=kubectl), Thing(settings=Thing(server="in-cluster")), repository)


def test_a_branch_that_was_deleted_is_searched_where_the_server_keeps_it(repository, tmp_path):
    pushed(repository, "refs/heads/try", {"notes.txt": SECRET}, message=f"The password is {VALUE}")
    repository.git("push", "--quiet", repository.remote(), ":refs/heads/try")
    fresh = Repository("platform", repository.url, repository.remote, tmp_path / "fresh", "u", "p")
    found = git_leaks.leaks(deleted_branches.every_version_kept(fresh, kept(repository)), VALUES)
    assert len(found) == 2 and all("platform: on no branch" in text for text in found), found
    subprocess.run(["git", "--git-dir", repository.remote(), "prune", "--expire=now"], check=True)
    assert git_leaks.leaks(deleted_branches.every_version_kept(fresh, kept(repository)), VALUES) == []


def test_what_no_branch_has_is_no_leak_where_it_is_handed_out_to_nobody(repository):
    def refuse(*words, **_):
        raise UserError(f"fatal: Server does {deleted_branches.REFUSED} {words[-1]}", "")

    identity = "1" * 40
    versions = git_leaks.every_version(repository)
    stub = Thing(name="platform", remote=lambda: "", git=refuse)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(deleted_branches, "every_version", lambda _: versions)
        assert deleted_branches.every_version_kept(stub, [identity]) == versions
    assert deleted_branches.objects_kept(None, Thing(settings=Thing(server="external")), repository) == []


def test_an_empty_repository_has_no_text(tmp_path):
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch", "main", remote], check=True)
    assert git_leaks.every_version(Repository("demo", str(remote), lambda: str(remote), tmp_path / "a", "u", "p")) == {}


def test_a_secret_that_was_deleted_is_found(repository):
    repository.commit({"k8s/b.yaml": SECRET}, "Oops")
    repository.commit({"k8s/b.yaml": None}, "Undo")
    assert git_leaks.leaks(git_leaks.every_version(repository), VALUES)


def test_a_value_in_a_commit_message_is_found(repository):
    pushed(repository, "refs/heads/try", {}, message=f"The password is {VALUE}")
    (found,) = git_leaks.leaks(git_leaks.every_version(repository), VALUES)
    assert git_leaks.COMMIT in found


def test_a_file_that_is_no_text_is_searched(repository):
    pushed(repository, "refs/heads/try", {"dump.bin": b"\xff\xfe\x00" + VALUE.encode() + b"\x80"})
    assert git_leaks.leaks(git_leaks.every_version(repository), VALUES)


def test_a_clean_repository_has_no_leak(repository):
    versions = git_leaks.every_version(repository)
    assert versions
    assert git_leaks.leaks(versions, VALUES) == []


def test_sealed_values_of_every_version_are_found(repository):
    repository.commit({"elsewhere/b.yaml": SEALED.replace("Ag==", "Ah==")}, "Another")
    pushed(repository, "refs/heads/try", {"k8s/a.yaml": SEALED.replace("Ag==", "Ai==")})
    assert len(git_leaks.sealed_texts(git_leaks.every_version(repository))) == 3
