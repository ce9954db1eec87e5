"""Credentials are found in settings of other tools; references, words and upstream texts are not reported."""

import base64
import subprocess

import pytest

from acceptance.base.paths import ROOT
from acceptance.drivers.secrets import credential_files
from acceptance.drivers.secrets.git_leaks import parsed

WORD = "Vq7mT2pLx9"
TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2"
KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzyqwertyui"
LOGIN = base64.b64encode(f"deploy:{WORD}".encode()).decode()
WORKFLOW = ".github/workflows/deploy.yaml"


def found(path, text):
    return credential_files.in_file(f"platform: {path}", text, parsed(text))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("k8s/redis/values.yaml", f"auth: {{enabled: true, password: {WORD}}}"),
        ("docker-compose.yml", f"services: {{db: {{environment: {{POSTGRES_PASSWORD: {WORD}}}}}}}"),
        ("docker-compose.yml", f"services: {{db: {{environment: [A=b, POSTGRES_PASSWORD={WORD}]}}}}"),
        ("infrastructure/terraform.tfvars", f'db_password = "{WORD}"\n'),
        (WORKFLOW, f"on: push\nenv: {{DEPLOY_TOKEN: {TOKEN}}}"),
        (WORKFLOW, "on: push\nenv: {DEPLOY_TOKEN: d41d8cd98f00b204}"),
        ("deploy.sh", f"#!/bin/sh\nexport AWS_SECRET_ACCESS_KEY={KEY}\nkubectl apply -f .\n"),
        (".aws/credentials", f"[default]\naws_secret_access_key = {KEY}\n"),
        ("src/mail.ts", f"const token = '{TOKEN}'"),
        (".docker/config.json", f'{{"auths": {{"ghcr.io": {{"auth": "{LOGIN}"}}}}}}'),
        ("tools/requirements.txt", f"--extra-index-url https://ci:{WORD}@pypi.example.com/simple\nhttpx==0.28\n"),
        ("requirements-dev.in", f"app @ git+https://bot:{WORD}@git.example.com/app.git\n"),
        ("poetry.lock", f'url = "https://ci:{WORD}@pypi.example.com/simple"\n'),
        (".gitmodules", f"[submodule]\n  url = https://bot:{WORD}@git.example.com/a.git\n"),
        ("Dockerfile", f"RUN pip install --index-url https://ci:{WORD}@pypi.example.com/simple httpx\n"),
        (".npmrc", f"//registry.npmjs.org/:_authToken={WORD}\n"),
        (".netrc", f"machine mail.example.test login deploy password {WORD}\n"),
        (".pgpass", f"db:5432:app:deploy:{WORD}\n"),
        (".env.production", f"DATABASE_URL=postgresql://platform:{WORD}@db.example.com/app\n"),
        ("a/.env.local", f"HOST=a b\nSMTP_PWD={WORD}\n"),
        ("app.env.bak", f"DATABASE_URL=postgresql://platform:{WORD}@db.example.com/app\nan odd line\n"),
        (".git-credentials", f"https://deploy:{WORD}@github.com\n"),
        ("k8s/a.yaml", f"kind: ConfigMap\ndata: {{notes: 'the token is {TOKEN}'}}\n"),
    ],
)
def test_a_credential_in_a_file_of_another_tool_is_found(path, text):
    assert found(path, text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("k8s/redis/values.yaml", "auth: {existingSecret: redis, existingSecretPasswordKey: password, password: ''}"),
        ("docker-compose.yml", "services: {db: {environment: {POSTGRES_PASSWORD: '${DB_PASSWORD:?}', USER: app}}}"),
        ("docker-compose.yml", "services: {db: {environment: {POSTGRES_PASSWORD: postgres}}}"),
        ("docker-compose.yml", "services: {db: {environment: [POSTGRES_PASSWORD=postgres]}}"),
        ("infrastructure/terraform.tfvars", 'db_password = ""\nregion = "eu-central-1"\n'),
        ("infrastructure/variables.tf", 'variable "db_password" {\n  type = string\n}\n'),
        (
            WORKFLOW,
            "permissions: {id-token: write}\nenv: {TOKEN: '${{ secrets.TOKEN }}'}\njobs: {a: {secrets: inherit}}",
        ),
        ("package.json", '{"dependencies": {"jsonwebtoken": "^9.0.2"}}'),
        ("src/locales/de.json", '{"login": {"password": "Passwort", "token": "Zugangscode"}}'),
        ("src/locales/de.yaml", "login: {password: Passwort}"),
        ("openapi.yaml", "components: {schemas: {Login: {properties: {password: {type: string}}}}}"),
        ("README.md", "export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("README.md", f"GITHUB_TOKEN=ghp_{'x' * 36}"),
        (".npmrc", "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n"),
        (".docker/config.json", '{"auths": {"ghcr.io": {}}, "credsStore": "desktop"}'),
        (".env.example", "API_TOKEN=<your token>\n"),
        (".env.production.sample", f"DATABASE_URL=postgresql://platform:{WORD}@db.example.com/app\n"),
        (".env.test", "DATABASE_URL=postgresql://postgres:postgres@localhost/app\n"),
        ("src/vite.env.ts", "token: string\npassword: stringOrNumber\n"),
        ("a/.env", "API_TOKEN=your-token-here\nDB_PASSWORD=change-me-please\nPASSWORD=${DB_PASSWORD}\n"),
        ("commit or tag", "password: see the wiki"),
    ],
)
def test_what_is_no_credential_is_left_alone(path, text):
    assert found(path, text) == []


def test_nothing_of_this_repository_is_taken_for_a_credential():
    listed = subprocess.run(["git", "ls-files", "k8s", "infrastructure", "services", "images", ".github"],
                            cwd=ROOT, check=True, capture_output=True, text=True).stdout  # fmt: skip
    wrong, searched = {}, 0
    for path in listed.splitlines():
        file = ROOT / path
        if file.is_file() and file.stat().st_size < 300_000:
            searched += 1
            wrong |= {path: names} if (names := found(path, file.read_text(errors="replace"))) else {}
    assert searched and wrong == {}
