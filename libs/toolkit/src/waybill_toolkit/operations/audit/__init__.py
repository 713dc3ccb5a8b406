"""The audit: whether what the databases say, each alone and all together, can be true.

`invariants` lists what has to hold, each as a query for whatever breaks it. `run` asks them, and
says how it keeps orders that move meanwhile from looking like faults.
"""

from waybill_toolkit.operations.audit.report import Finding, Moving, Report
from waybill_toolkit.operations.audit.run import audit

__all__ = ["Finding", "Moving", "Report", "audit"]
