"""The settings of telemetry, `OTEL_*`, which services get from the environment of `waybill up`."""

import os
from dataclasses import replace
from typing import Final

from waybill_toolkit.platform.plan import Plan

_PREFIX: Final = "OTEL_"
_NOT_STORED: Final = "HEADERS"


def with_telemetry(plan: Plan) -> Plan:
    """Add the settings to the plan, so that `waybill env` and `waybill run` know them too.

    Headers, which are secrets, are not stored in the data folder: services inherit them.
    """
    found = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_PREFIX) and not name.endswith(_NOT_STORED)
    }
    return replace(plan, settings={**plan.settings, **found})
