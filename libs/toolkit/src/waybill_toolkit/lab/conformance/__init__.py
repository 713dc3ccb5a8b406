"""Tests every running service against its contract with Schemathesis: `waybill conformance`.

shop.py         the test data: some products, stock and orders
trial.py        one service: all phases of Schemathesis, with a check of each response
judging.py      additional checks that Schemathesis does not have
exclusions.py   expected failures, each with a reason, from one file
selfcheck.py    the violations that the services found themselves
closed.py       a platform with access by token
run.py          all services, and the checks at the end
report.py       the table and the failures
"""
