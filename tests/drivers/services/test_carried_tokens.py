"""How auth is handed a token."""

from acceptance.drivers.services.carried_tokens import carried, carried_by_probe


def test_a_token_is_the_bearer_or_in_the_body_of_a_call():
    assert carried("", "jwt") == {"token": "jwt"} and carried("token", "jwt") == {"body": {"token": "jwt"}}
    assert carried("token", None) == {"token": None}


def test_the_probe_gets_the_same_as_body_and_headers():
    assert carried_by_probe("", "jwt") == ["", "Authorization: Bearer jwt"]
    assert carried_by_probe("token", "jwt") == ['{"token": "jwt"}']
