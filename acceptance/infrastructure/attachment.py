"""Guard rails around a platform that outlives runs: what a run may do there, and whether it is the right one.

Source: the design, section Production, and docs/decisions/0012-guard-rails.md.
"""

from __future__ import annotations

import datetime
import hashlib
import os
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
from acceptance.base.paths import STATE
from acceptance.base.progress import say
from acceptance.infrastructure.cluster_lock import ANSWERS_WITHIN, ClusterLock

SKEW = 120
"""Seconds that this machine's clock and the cluster's may differ before certificates and tokens are misjudged."""


def kubeconfig_of(environment: Environment) -> Path:
    """The kubeconfig of a lasting environment: what its file names, KUBECONFIG, or what provisioning left."""
    settings = environment.infrastructure
    named = settings.kubeconfig if isinstance(settings, LongLivedSettings) else None
    path = named or os.environ.get("KUBECONFIG") or str(STATE / environment.name / "kubeconfig")
    return Path(path).expanduser()


class Attachment:
    """The cluster that a lasting environment names, looked at before anything else is done."""

    def __init__(self, environment: Environment, *, may_be_new: bool = False):
        assert isinstance(environment.infrastructure, LongLivedSettings)
        self.environment = environment
        self.settings = environment.infrastructure
        self.may_be_new = may_be_new
        self.kubeconfig = kubeconfig_of(environment)
        self.api: client.ApiClient
        self.lock: ClusterLock | None = None

    def begin(self, run_id: str) -> list[UserError]:
        """Take the lock in the cluster; or all that says that it is the wrong one or cannot be judged, untouched.

        A run that may provision makes the lock's namespace, too.
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
                "set KUBECONFIG, or infrastructure.kubeconfig in the environment's file (docs/operations.md)",
            )
        settings = client.Configuration()
        # Whether it answers in time is asked once.
        settings.retries = False
        try:
            config.load_kube_config(str(path), context=self.settings.context, client_configuration=settings)
        except ConfigException as error:
            raise UserError(
                f"{path} leads nowhere: {error}", "mend it, or infrastructure.context in the environment's file"
            ) from error
        self.api = client.ApiClient(settings)

    def ask(self) -> tuple[Any, str | None]:
        """kube-system and the answer's time. Raises UserError saying why the API server did not tell."""
        host = self.api.configuration.host
        try:
            namespace, _, headers = client.CoreV1Api(self.api).read_namespace_with_http_info(
                "kube-system", _request_timeout=ANSWERS_WITHIN
            )
        except ApiException as error:
            if not error.status:
                # The connection's own trouble, as the client has it.
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
        """What of the cluster's identity is not what the environment names."""
        file, other = (
            f"environment {self.environment.name}",
            "use that cluster's kubeconfig and context, or another --env",
        )
        uid, authority = str(namespace.metadata.uid), authority_of(self.api)
        if not self.settings.names_cluster and self.may_be_new:
            say(f'  from now on other clusters are refused if its file says: cluster_uid = "{uid}"')
        elif not self.settings.names_cluster:
            yield UserError(
                f"{file} does not say which cluster it means",
                f'if {self.api.configuration.host} is the right one, add cluster_uid = "{uid}" to its file',
            )
        if self.settings.cluster_uid not in (None, uid):
            yield UserError(
                f"{self.kubeconfig} leads to the cluster {uid}, but {file} means {self.settings.cluster_uid}", other
            )
        if self.settings.cluster_ca_sha256 not in (None, authority):
            expected = self.settings.cluster_ca_sha256
            yield UserError(
                f"the cluster of {self.kubeconfig} has the CA {authority}, but {file} means {expected}", other
            )

    def reject_kind(self) -> Iterator[UserError]:
        """A cluster of kind is no production: not where the environment's file names no stand-in for K3s."""
        nodes = client.CoreV1Api(self.api).list_node(_request_timeout=ANSWERS_WITHIN).items
        is_kind = any((node.spec.provider_id or "").startswith("kind://") for node in nodes)
        if is_kind and "K3s" not in self.environment.stand_ins:
            yield UserError(
                f"{self.kubeconfig} leads to a cluster of kind, but {self.environment.name} runs no stand-ins",
                "switch the context, or use --env=kind",
            )

    def release(self) -> None:
        """Give the lock back, if it is held."""
        if self.lock:
            self.lock.release()


def in_plain_words(host: str, error: BaseException) -> tuple[str, str]:
    """Problem and remedy for a connection that did not come about."""
    text = f"{error} {getattr(error, 'reason', '')}"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        if "not yet valid" in text or "has expired" in text:
            now = datetime.datetime.now(datetime.UTC)
            return (
                f"the certificate of {host} is not valid now, which is {now:%Y-%m-%d %H:%M} UTC here",
                "set this machine's clock, or renew the cluster's certificates",
            )
        return (
            f"the certificate of {host} comes from another CA than the kubeconfig's",
            "get the cluster's own kubeconfig; do not switch verification off",
        )
    if "timed out" in text.lower():
        return (
            f"{host} did not answer within {ANSWERS_WITHIN} s",
            "see whether the tunnel is open (infrastructure/aws/scripts/tunnel.sh) and the control planes run",
        )
    return f"{host} cannot be reached: {text.strip()[:300]}", "see whether the address is right and the cluster runs"


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
            f"this machine's clock is {abs(apart):.0f} s {way} the cluster's: lifetimes of certificates and tokens "
            "would be misjudged",
            "set the clock that is wrong (timedatectl)",
        )


def check_own_kind(kubeconfig: Path, settings: KindSettings) -> None:
    """Refuse a kubeconfig of kind's that leads elsewhere than to this machine. Raises UserError."""
    host = config.new_client_from_config(str(kubeconfig)).configuration.host
    if not host.startswith(("https://127.0.0.1:", "https://localhost:")):
        raise UserError(
            f"the environment is {settings.provisioner}, but {kubeconfig} leads to {host}",
            "remove that file, then `make down`; another cluster is judged by an environment of its own",
        )
