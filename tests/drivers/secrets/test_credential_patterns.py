"""Credentials are found by their form anywhere in a manifest; references to one are not reported."""

import json

import pytest

from acceptance.drivers.secrets.credential_patterns import given_away, in_lines

RANDOM = "Zk3vXo9qLmP81TyuWq77Zk3vXo9q"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\n"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIweDEifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ"


def config(**data):
    return {"kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}


def of_file(text, name="application.properties"):
    return config(**{name: text})


def container(**parts):
    spec = {"containers": [{"name": "a", **parts}]}
    return {"kind": "Deployment", "metadata": {"name": "a"}, "spec": {"template": {"spec": spec}}}


def application(**helm):
    return {"kind": "Application", "metadata": {"name": "a"}, "spec": {"source": {"helm": helm}}}


APPLIED = json.dumps(of_file("db.password=hunter2"))


@pytest.mark.parametrize(
    "manifest",
    [
        of_file("db.password=hunter2"),
        of_file("db.host=db\ndb.password = hunter2\n"),
        of_file("smtp:\n  password: 'hunter2'\n", "config.yaml"),
        of_file('{"smtp": {"host": "mail", "apiKey": "sk_live_1"}}', "config.json"),
        config(SMTP_PASSWORD="hunter2-hunter2"),
        config(DATABASE="postgres://app:hunter2@db:5432/app"),
        config(CACHE="redis://:hunter2@redis:6379"),
        config(notes=f"use {TOKEN} for now"),
        config(file=KEY),
        config(file="-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOY"),
        config(file=f"# created\nAGE-SECRET-KEY-1{'Q' * 58}"),
        container(args=["--user=a", "--smtp-password=hunter2"]),
        container(env=[{"name": "DB_PASS", "value": "hunter2"}]),
        container(env=[{"name": "SMTP_PWD", "value": "hunter2"}]),
        container(args=["--key-passphrase=hunter2"]),
        *(container(env=[{"name": f"{name}_KEY", "value": RANDOM}]) for name in ("SECRET", "JWT", "ACCESS", "PRIVATE")),
        config(ENCRYPTION_KEY="0123456789abcdef0123456789abcdef"),
        container(command=["sh", "-c", "PGPASSWORD=hunter2 psql\n"]),
        container(env=[{"name": "STRIPE_API_KEY", "value": "sk_live_1"}]),
        application(values="smtp:\n  password: hunter2\n"),
        application(valuesObject={"smtp": {"password": "hunter2"}}),
        application(parameters=[{"name": "smtp.password", "value": "hunter2"}]),
        {"kind": "Service", "metadata": {"annotations": {"a/webhook": "https://u:hunter2@hooks"}}},
        {"kind": "ConfigMap", "metadata": {"annotations": {"k/last-applied-configuration": APPLIED}}},
        {"kind": "List", "items": [of_file("db.password=hunter2")]},
    ],
    ids=lambda item: json.dumps(item)[-48:],
)  # fmt: skip
def test_a_credential_in_clear_is_seen(manifest):
    assert given_away(manifest)


@pytest.mark.parametrize(
    "manifest",
    [
        of_file("db.password=${DB_PASSWORD}\ndb.password.file=/run/password\n# password=hunter2\ntokens=5\n"),
        of_file("jwt-key: path\nsecret_key: registry-credentials\naccess.key=id\nprivate_key: /run/key.pem\n"),
        config(JWT_KEY="token", SIGNING_KEY="current-signing-key", PWD="/srv", BYPASS="localhost", COMPASS="north"),
        of_file("password: $oidc.secret\nclientSecret: $oidc.azure.clientSecret\nimagePullSecret: registry\n"),
        of_file("automountServiceAccountToken: false\nmax_token: 4096\npassword: ''\npassword: {{ .password }}\n"),
        of_file("#!/bin/sh\npassword=$1\nTOKEN=abcdefgh\n", "entry"),
        of_file("PASSWORD=hunter2", "start.sh"),
        config(DATABASE="postgres://db:5432/app", CACHE="redis://:$(REDIS_PASSWORD)@redis:6379", TOKEN_SECONDS="3600"),
        config(PASSWORD_FILE="/run/password", JWT_SECRET_NAME="jwt-secret", PULL_SECRET="registry-credentials"),
        container(args=["--requirepass", "$(REDIS_PASSWORD)", "--token=$(TOKEN)", "--password-file=/run/a"]),
        container(env=[{"name": "TOKEN_SECRET", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]),
        application(values="existingSecret: mail\nauth:\n  existingSecretPasswordKey: password\n"),
        {"kind": "SealedSecret", "spec": {"encryptedData": {"password": "AgBnb3Ro"}}},
        {"kind": "Secret", "stringData": {"password": "hunter2"}},
        {"kind": "IngressRoute", "spec": {"tls": {"secretName": "www"}, "routes": [{"match": "Host(`a`)"}]}},
        {"kind": "Middleware", "spec": {"basicAuth": {"secret": "users"}}},
        {"no": "kind"},
        "a text",
    ],
    ids=lambda item: json.dumps(item)[-48:],
)
def test_what_refers_to_a_credential_is_none(manifest):
    assert given_away(manifest) == []


def test_each_credential_of_a_line_is_named():
    assert in_lines('user=a password=hunter2 "token": "abcd1234"') == ["password", "token"]
