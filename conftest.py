"""What all tests of the tree share."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["waybill_toolkit.testing.plugin"]

# A busy machine is not a failure: no test of properties has a time limit.
settings.register_profile("waybill", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("waybill")
