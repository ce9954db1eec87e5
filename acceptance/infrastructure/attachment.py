"""Guard rails for a long-lived platform: what a run may do there, and whether it is the right one.

Source: the design, section Production, and docs/decisions/0012-guard-rails.md.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import urllib3
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from kubernetes import client, config
from kubernetes.client import ApiException
from kubernetes.config import ConfigException

from acceptance.base.environment import Environment
from acceptance.base.errors import UserError
from acceptance.base.infrastructure_settings import KindSettings, LongLivedSettings
from acceptance.base.kubeconfig import named_kubeconfig
from acceptance.base.paths import STATE
from acceptance.base.progress import say
from acceptance.infrastructure.cluster_lock import ANSWERS_WITHIN, ClusterLock

SKEW = 120
"""Maximum difference between this machine's clock and the cluster's before certificates and tokens are misjudged."""


def kubeconfig_of(environment: Environment) -> Path:
    """The kubeconfig of a long-lived environment: from its file, KUBECONFIG, or provisioning.

    Raises UserError if KUBECONFIG names several.
    """
    settings = environment.infrastructure
    named = settings.kubeconfig if isinstance(settings, LongLivedSettings) else None
    if named:
        return Path(named).expanduser()
    return named_kubeconfig() or STATE / environment.name / "kubeconfig"


class Attachment:
    """The cluster that a long-lived environment names, checked before anything else is done."""

    def __init__(self, environment: Environment, *, may_be_new: bool = False):
        assert isinstance(environment.infrastructure, LongLivedSettings)
        self.environment = environment
        self.settings = environment.infrastructure
        self.may_be_new = may_be_new
        self.kubeconfig = kubeconfig_of(environment)
        self.api: client.ApiClient
        self.lock: ClusterLock | None = None

    def begin(self, run_id: str) -> list[UserError]:
        """Take the lock in the cluster, or leave it untouched and return why it is the wrong one or cannot be judged.

        A run that may provision also creates the lock's namespace.
        """
        try:
            self.connect()
            namespace, date = self.ask()
            if found := [*self.identity(namespace), *self.reject_kind(), *clock_skew(date)]:
                return found
            self.lock = ClusterLock(self.api, run_id)
            self.lock.acquire(create=self.may_be_new)
        except UserError as error:
            return [error]
        return []

    def connect(self) -> None:
        """Read the kubeconfig. Raises UserError naming it, or the context that it lacks."""
        path = self.kubeconfig
        if not path.is_file():
            raise UserError(
                f"there is no kubeconfig {path}",
                "set KUBECONFIG, or infrastructure.kubeconfig in the environment file (docs/operations.md)",
            )
        settings = client.Configuration()
        # Ask only once whether it answers in time.
        settings.retries = False
        try:
            config.load_kube_config(str(path), context=self.settings.context, client_configuration=settings)
        except ConfigException as error:
            raise UserError(
                f"{path} is unusable: {error}", "fix it, or infrastructure.context in the environment file"
            ) from error
        self.api = client.ApiClient(settings)

    def ask(self) -> tuple[Any, str | None]:
        """kube-system and the answer's time. Raises UserError saying why the API server did not answer."""
        host = self.api.configuration.host
        try:
            namespace, _, headers = client.CoreV1Api(self.api).read_namespace_with_http_info(
                "kube-system", _request_timeout=ANSWERS_WITHIN
            )
        except ApiException as error:
            if not error.status:
                # The underlying connection error, as the client reports it.
                raise UserError(*in_plain_words(host, error)) from error
            if error.status == 401:
                raise UserError(
                    f"{host} does not accept the credentials of {self.kubeconfig}: they are wrong or expired",
                    "get new ones (docs/operations.md says how), then run again",
                ) from error
            if error.status == 403:
                raise UserError(
                    f"the user of {self.kubeconfig} may not `get namespaces`", "give it the rights of k8s/acceptance"
                ) from error
            raise UserError(f"{host} answered {error.status} {error.reason}", "kubectl get --raw /readyz") from error
        except urllib3.exceptions.HTTPError as error:
            raise UserError(*in_plain_words(host, error)) from error
        return namespace, headers.get("Date")

    def identity(self, namespace: Any) -> Iterator[UserError]:
        """How the cluster's identity differs from what the environment names."""
        file, other = (
            f"environment {self.environment.name}",
            "use that cluster's kubeconfig and context, or another --env",
        )
        uid, authority = str(namespace.metadata.uid), authority_of(self.api)
        if not self.settings.names_cluster and self.may_be_new:
            say(f'  to refuse other clusters from now on, add to its file: cluster_uid = "{uid}"')
        elif not self.settings.names_cluster:
            yield UserError(
                f"{file} does not identify its cluster",
                f'if {self.api.configuration.host} is the right one, add cluster_uid = "{uid}" to its file',
            )
        if self.settings.cluster_uid not in (None, uid):
            yield UserError(
                f"{self.kubeconfig} points to the cluster {uid}, but {file} names {self.settings.cluster_uid}", other
            )
        if self.settings.cluster_ca_sha256 not in (None, authority):
            expected = self.settings.cluster_ca_sha256
            yield UserError(
                f"the cluster of {self.kubeconfig} has the CA {authority}, but {file} names {expected}", other
            )

    def reject_kind(self) -> Iterator[UserError]:
        """Refuse a kind cluster if the environment file names no stand-in for K3s."""
        nodes = client.CoreV1Api(self.api).list_node(_request_timeout=ANSWERS_WITHIN).items
        is_kind = any((node.spec.provider_id or "").startswith("kind://") for node in nodes)
        if is_kind and "K3s" not in self.environment.stand_ins:
            yield UserError(
                f"{self.kubeconfig} points to a kind cluster, but {self.environment.name} runs no stand-ins",
                "switch the context, or use --env=kind",
            )

    def release(self) -> None:
        """Release the lock, if it is held."""
        if self.lock:
            self.lock.release()


def in_plain_words(host: str, error: BaseException) -> tuple[str, str]:
    """Problem and remedy for a failed connection."""
    text = f"{error} {getattr(error, 'reason', '')}"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        if "not yet valid" in text or "has expired" in text:
            now = datetime.datetime.now(datetime.UTC)
            return (
                f"the certificate of {host} is not valid now ({now:%Y-%m-%d %H:%M} UTC by this machine's clock)",
                "set this machine's clock, or renew the cluster's certificates",
            )
        return (
            f"the certificate of {host} was issued by a CA other than the kubeconfig's",
            "get the cluster's own kubeconfig; do not turn off verification",
        )
    if "timed out" in text.lower():
        return (
            f"{host} did not answer within {ANSWERS_WITHIN} s",
            "check that the tunnel is open (infrastructure/aws/scripts/tunnel.sh) and the control planes are running",
        )
    return f"{host} cannot be reached: {text.strip()[:300]}", "check the address, and that the cluster is running"


def authority_of(api: client.ApiClient) -> str:
    """SHA-256 of the first certificate authority that a kubeconfig trusts (DER), or an empty string."""
    path = api.configuration.ssl_ca_cert
    if not path:
        return ""
    certificate = x509.load_pem_x509_certificates(Path(path).read_bytes())[0]
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def clock_skew(date: str | None) -> Iterator[UserError]:
    """A problem if the API server's Date header is far from this machine's time."""
    if not date:
        return
    apart = (datetime.datetime.now(datetime.UTC) - parsedate_to_datetime(date)).total_seconds()
    if abs(apart) > SKEW:
        way = "ahead of" if apart > 0 else "behind"
        yield UserError(
            f"this machine's clock is {abs(apart):.0f} s {way} the cluster's: certificate and token lifetimes "
            "would be misjudged",
            "set the clock that is wrong (timedatectl)",
        )


def check_own_kind(kubeconfig: Path, settings: KindSettings) -> None:
    """Refuse a kubeconfig of kind's that does not point to this machine. Raises UserError."""
    host = config.new_client_from_config(str(kubeconfig)).configuration.host
    if not host.startswith(("https://127.0.0.1:", "https://localhost:")):
        raise UserError(
            f"the environment is {settings.provisioner}, but {kubeconfig} points to {host}",
            "remove that file, then run `make down`; to judge another cluster, use an environment of its own",
        )
