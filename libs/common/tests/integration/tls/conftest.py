from pathlib import Path

import pytest

from waybill_toolkit.testing.certificates import CertificateAuthority


@pytest.fixture
def ours(tmp_path: Path) -> CertificateAuthority:
    """The CA of this deployment."""
    return CertificateAuthority(tmp_path / "ours")


@pytest.fixture
def foreign(tmp_path: Path) -> CertificateAuthority:
    """The CA of somebody else."""
    return CertificateAuthority(tmp_path / "foreign", "foreign CA")
