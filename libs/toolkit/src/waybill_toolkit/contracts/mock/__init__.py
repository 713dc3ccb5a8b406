"""Serves a contract from its examples, and checks what it is sent as the service would.

generated.py   the contract package, made of the contracts as they are now
examples.py    what each schema looks like
samples.py     what headers and problems hold that no example shows
offers.py      operation -> all that it can answer
answering.py   request -> one of them: api of the generated interface
preference.py  `Prefer: code=404` chooses
keys.py        Idempotency-Keys, in memory
service.py     all of it together, as a service of the runtime
"""
