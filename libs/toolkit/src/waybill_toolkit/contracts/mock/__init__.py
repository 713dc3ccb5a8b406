"""Serves a contract with its examples, and validates requests as the service would.

generated.py   the contract package, generated from the contracts as they are now
examples.py    the examples of each schema
samples.py     values for headers and problem fields without an example
offers.py      the possible responses of each operation
answering.py   selects one of them for a request; implements the generated interface
preference.py  the Prefer header: `Prefer: code=404`
keys.py        Idempotency-Keys, in memory
service.py     assembles the mock as a service of the runtime
"""
