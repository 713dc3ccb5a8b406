"""The API of Kubernetes without nodes: etcd and kube-apiserver, in 5 s and 400 MB."""

import base64
import secrets
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from tests.cluster.binaries import built
from tests.cluster.servers import running

from waybill_toolkit.platform.ports import LOOPBACK, free_port

SERVICE_ADDRESSES: Final = "10.96.0.0/16"


@dataclass(frozen=True)
class ApiServer:
    """A running API, and the files that belong to it."""

    folder: Path
    address: str
    port: int
    token: str
    """Of a user that may do everything."""

    @property
    def url(self) -> str:
        return f"https://{self.address}:{self.port}"

    @property
    def certificate(self) -> Path:
        """The server's certificate, which it has signed itself."""
        return self.folder / "apiserver.crt"

    @property
    def service_account_key(self) -> Path:
        """The key that signs the tokens of service accounts."""
        return self.folder / "service-accounts.key"

    @property
    def token_file(self) -> Path:
        """The file with the token."""
        return self.folder / "token"

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    def is_ready(self) -> bool:
        """Whether it has done all that it does at its start."""
        try:
            context = ssl.create_default_context(cafile=str(self.certificate))
        except (FileNotFoundError, ssl.SSLError):  # it is not written yet, or in part
            return False
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            answer = httpx.get(f"{self.url}/readyz", headers=headers, verify=context)
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.OK

    def write_kubeconfig(self) -> None:
        authority = base64.b64encode(self.certificate.read_bytes()).decode()
        cluster = {"server": self.url, "certificate-authority-data": authority}
        context = {"cluster": "tests", "user": "admin"}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "tests", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": self.token}}],
            "contexts": [{"name": "tests", "context": context}],
            "current-context": "tests",
        }
        _write_secret(self.kubeconfig, yaml.safe_dump(document).encode())


@contextmanager
def running_api_server(folder: Path, address: str = LOOPBACK) -> Iterator[ApiServer]:
    """Run an empty API with RBAC and Pod Security admission until the end of the block.

    Raises BuildError when a program is missing and cannot be built, ServerError when one does not
    start.
    """
    api = ApiServer(folder, address, free_port(), secrets.token_urlsafe())
    _write_keys(api)
    store = f"http://{LOOPBACK}:{free_port()}"
    with (
        running("etcd", _etcd(folder, store), folder),
        running("kube-apiserver", _api_server(api, store), folder) as server,
    ):
        server.wait_until(api.is_ready, "to be ready")
        api.write_kubeconfig()
        yield api


def _etcd(folder: Path, url: str) -> list[object]:
    # What is lost with the machine is lost with the test: no fsync.
    return [
        built("etcd"), "--data-dir", folder / "etcd", "--unsafe-no-fsync", "--log-level=warn",
        "--listen-client-urls", url, "--advertise-client-urls", url,
        "--listen-peer-urls", f"http://{LOOPBACK}:{free_port()}",
    ]  # fmt: skip


def _api_server(api: ApiServer, store: str) -> list[object]:
    # Pods reach the API at its own address, which they cannot if that is the loopback.
    reconciler = "none" if api.address == LOOPBACK else "lease"
    return [
        built("kube-apiserver"),
        f"--etcd-servers={store}",
        f"--bind-address={api.address}",
        f"--advertise-address={api.address}",
        f"--secure-port={api.port}",
        f"--cert-dir={api.folder}",
        f"--service-cluster-ip-range={SERVICE_ADDRESSES}",
        f"--endpoint-reconciler-type={reconciler}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={_public(api.service_account_key)}",
        f"--service-account-signing-key-file={api.service_account_key}",
        f"--token-auth-file={api.folder / 'tokens.csv'}",
        "--authorization-mode=RBAC,Node",
        "--enable-admission-plugins=NodeRestriction,PodSecurity",
        "--kubelet-preferred-address-types=InternalIP",
        "--allow-privileged=true",  # Pod Security decides
        "--profiling=false",
    ]


def _public(key: Path) -> Path:
    return key.with_suffix(".pub")


def _write_keys(api: ApiServer) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write_secret(api.service_account_key, private)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _public(api.service_account_key).write_bytes(public)
    _write_secret(api.token_file, api.token.encode())
    users = f'{api.token},admin,admin,"system:masters"\n'
    _write_secret(api.folder / "tokens.csv", users.encode())


def _write_secret(path: Path, content: bytes) -> None:
    path.touch(0o600)
    path.write_bytes(content)
