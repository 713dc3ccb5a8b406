"""Violations are found in the logs of services, each once, also after a restart."""

import json
import logging
from pathlib import Path

from waybill.conformance.findings import Findings
from waybill.logs import JsonFormatter
from waybill_toolkit.platform.data_folder import DataFolder
from waybill_toolkit.testing.violation_log import ViolationLog


def test_a_violation_is_read_once_from_the_log_of_a_service(tmp_path: Path) -> None:
    path = DataFolder(tmp_path).log("orders")
    path.parent.mkdir()
    path.write_text(json.dumps({"logger": "waybill.app", "message": "serving"}) + "\n")
    log = ViolationLog(tmp_path, ["orders", "payments"])
    assert log.read() == []

    handler = logging.FileHandler(path)
    handler.setFormatter(JsonFormatter("orders"))
    logger = logging.getLogger("waybill.conformance")
    logger.addHandler(handler)
    Findings().violation("answer", "get_order", "body", "properties/status/enum")
    logger.removeHandler(handler)
    handler.close()

    assert log.read() == [
        "orders: contract violation: answer get_order: body properties/status/enum"
    ]
    assert log.read() == []
