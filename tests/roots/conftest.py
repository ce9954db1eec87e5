"""The stand-in for the AWS provider, and what the machines get from OpenTofu, rendered once for each module."""

import pytest
from aws_like import aws_like as served
from aws_tools import AWS, rendered_user_data, stand_in_provider
from machine_world import parsed_files


@pytest.fixture(scope="module")
def user_data(tmp_path_factory):
    """User data by machine, as OpenTofu renders it."""
    return rendered_user_data(tmp_path_factory.mktemp("cloud-init"))


@pytest.fixture(scope="module")
def files(user_data):
    """The files of each machine: contents by path."""
    return parsed_files(user_data)


@pytest.fixture(scope="module")
def provider():
    """The environment that leads OpenTofu to the stand-in."""
    with stand_in_provider(AWS) as environment:
        yield environment


@pytest.fixture(scope="module")
def patch():
    """A monkeypatch that lasts as long as a module's account."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def aws_like(patch, tmp_path_factory):
    """Moto and the stand-in provider with its account, in an operator's shell."""
    with served(tmp_path_factory.mktemp("aws-like"), patch) as found:
        yield found


@pytest.fixture
def provisioned(aws_like):
    """An operator whose platform is there."""
    return aws_like.provisioned()
