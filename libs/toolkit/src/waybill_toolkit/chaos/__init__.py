"""Chaos: orders are placed while whatever can break breaks; then the books are compared.

    campaign ─┬─ load       clients that place orders, repeat what got no answer, and remember
              ├─ faults     a seeded schedule of them, one after the other and on top of each other
              │   └─ detours    a TCP proxy in front of every server: every link can be made bad
              └─ verdict    what clients were told, against what the system says; the audit

The schedule follows from the seed alone. When what happens, within the processes, does not: the
same seed gives the same faults at the same moments, not the same run.
"""
