"""The audit: checks the invariants within each database and across all databases.

`invariants` lists the invariants, each as a query for the rows that violate it. `run` runs the
queries and excludes orders that are in progress.
"""

from waybill_toolkit.operations.audit.report import Finding, Moving, Report
from waybill_toolkit.operations.audit.run import audit

__all__ = ["Finding", "Moving", "Report", "audit"]
