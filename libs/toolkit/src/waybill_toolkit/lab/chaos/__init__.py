"""Chaos tests: place orders, inject faults, then compare the responses with the databases.

    campaign ─┬─ load       clients that place orders, retry, and record the responses
              ├─ faults     injects the faults of a seeded schedule, which may overlap
              │   └─ fault_proxies   a TCP proxy in front of every server
              └─ verdict    compares the recorded responses with the system; the audit

The seed determines the schedule: the same faults after the same number of orders. It does not
determine the timing inside the processes, so two runs with the same seed differ.
"""
