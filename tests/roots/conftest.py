"""What the machines get from OpenTofu, rendered once for each module that looks at it."""

import pytest
from aws_tools import rendered_user_data
from machine_world import parsed_files


@pytest.fixture(scope="module")
def user_data(tmp_path_factory):
    """User data by machine, as OpenTofu renders it."""
    return rendered_user_data(tmp_path_factory.mktemp("cloud-init"))


@pytest.fixture(scope="module")
def files(user_data):
    """The files of each machine: contents by path."""
    return parsed_files(user_data)
