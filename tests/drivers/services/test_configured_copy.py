"""Where a backend calls auth, by what AUTH_SERVICE_URL ends with."""

import pytest

from acceptance.base.environment import load_environment
from acceptance.drivers.services.configured_copy import path_behind


@pytest.mark.parametrize(("end", "path"), [("", "/validate"), ("/", "/validate"), ("/behind/", "/behind/validate")])
def test_the_path_of_the_url_comes_first(end, path):
    assert path_behind(end, "/validate") == path


@pytest.mark.parametrize(("name", "end"), [("kind", "/behind/"), ("other-services", "/behind/"), ("production", "/")])
def test_a_path_is_tried_where_the_backend_promises_it(name, end):
    assert load_environment(name).services.auth_url_end == end
