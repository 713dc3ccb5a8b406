"""What all tests of the tree share."""

import signal

import pytest
from hypothesis import HealthCheck, settings

from waybill_toolkit.testing import workers

pytest_plugins = ["waybill_toolkit.testing.plugin"]

# A busy machine is not a failure: no test of properties has a time limit.
settings.register_profile("waybill", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("waybill")

# A script that runs the tests in the background has them ignore SIGINT. The programs that tests
# start and interrupt would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, which a run may have off
def pytest_xdist_make_scheduler(
    config: pytest.Config, log: object
) -> workers.PlatformScheduling | None:
    if config.getoption("dist") != "loadfile":
        return None
    return workers.PlatformScheduling(config, log)
