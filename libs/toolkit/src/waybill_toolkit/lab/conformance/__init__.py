"""Puts every running service to its contract with Schemathesis, as `waybill conformance`.

shop.py         what is there before: some products, stock and orders
trial.py        one service: all phases of Schemathesis, each answer judged
judging.py      what Schemathesis does not know of our contracts
exclusions.py   failures that are none, each with its reason, from one file
selfcheck.py    what the services found in themselves meanwhile
closed.py       a platform for it, on which only a known token may do anything
run.py          all services, and what is looked at when they are done
report.py       the table, and what failed
"""
