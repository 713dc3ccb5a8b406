"""Chaos: orders are placed while whatever can break breaks; then the books are compared.

    campaign ─┬─ load       clients that place orders, repeat what got no answer, and remember
              ├─ faults     a seeded schedule of them, one after the other and on top of each other
              │   └─ fault_proxies   a TCP proxy in front of every server
              └─ verdict    what clients were told, against what the system says; the audit

The schedule follows from the seed alone: the same faults, after the same number of orders. What
happens within the processes meanwhile does not, so the same seed does not give the same run.
"""
