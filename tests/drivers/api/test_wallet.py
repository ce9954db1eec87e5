"""Invalid JWTs, made from good ones."""

import jwt
import pytest

from acceptance.drivers.api.wallet import forged


@pytest.mark.parametrize("claims", [{"sub": "0x" + "a" * 40}, {"user": "0x1"}, {"sub": "u1"}])
def test_another_signature_is_as_long_as_one_whatever_the_claims(claims):
    good = jwt.encode(claims, "secret" * 8, "HS256")
    made = forged("its JWT with another signature", good, "secret")
    assert made.rpartition(".")[0] == good.rpartition(".")[0]
    assert len(made) == len(good) and made != good
