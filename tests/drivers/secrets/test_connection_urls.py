"""A password beside a connection URL has to be the one in the URL."""

import pytest

from acceptance.drivers.secrets.connection_urls import unlike_their_url

URL = "postgresql://platform:a%2Fb@yb-tservers:5433/alternatefutures"
REDIS = "redis://:a%2Fb@redis:6379"


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"DATABASE_URL": URL}, []),
        ({"DATABASE_URL": URL, "POSTGRES_USER": "platform", "POSTGRES_PASSWORD": "a/b"}, []),
        (
            {"DATABASE_URL": URL, "POSTGRES_USER": "platform", "POSTGRES_PASSWORD": "other"},
            ["POSTGRES_PASSWORD is not the password in DATABASE_URL"],
        ),
        ({"DATABASE_URL": URL, "DB_PASSWORD": "other"}, ["DB_PASSWORD is not the password in DATABASE_URL"]),
        ({"DATABASE_URL": URL, "PGPASSWORD": "a/b", "PGUSER": "platform"}, []),
        # Another role's own password.
        ({"DATABASE_URL": URL, "POSTGRES_USER": "postgres", "POSTGRES_PASSWORD": "other"}, []),
        (
            {"DATABASE_URL": URL, "POSTGRES_USER": "platfrom", "POSTGRES_PASSWORD": "a/b"},
            ["POSTGRES_USER is not the user in DATABASE_URL, but has that user's password"],
        ),
        ({"DATABASE_URL": URL, "SUPERUSER_PASSWORD": "other"}, []),
        ({"DATABASE_URL": "postgresql://yb-tservers/app", "POSTGRES_PASSWORD": "other"}, []),
        ({"POSTGRES_PASSWORD": "other"}, []),
        ({"REDIS_URL": REDIS, "REDIS_PASSWORD": "a/b"}, []),
        ({"REDIS_URL": REDIS, "REDIS_PASSWORD": "other"}, ["REDIS_PASSWORD is not the password in REDIS_URL"]),
        (
            {"REDIS_URL": REDIS, "REDIS_USERNAME": "default", "REDIS_PASSWORD": "other"},
            ["REDIS_PASSWORD is not the password in REDIS_URL"],
        ),
        ({"REDIS_URL": REDIS, "REDIS_USER": "admin", "REDIS_PASSWORD": "other"}, []),
        ({"DATABASE_URL": f"{URL}\n"}, ["DATABASE_URL begins or ends with white space"]),
        ({"REDIS_URL": f" {REDIS}"}, ["REDIS_URL begins or ends with white space"]),
        ({}, []),
    ],
)
def test_a_password_that_its_url_contradicts(values, found):
    assert unlike_their_url(values) == found
