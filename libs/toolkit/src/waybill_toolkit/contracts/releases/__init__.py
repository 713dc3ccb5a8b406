"""Recorded traffic of a release, to test every later version with it.

`make record RELEASE=1.2.0` runs the services' tests and records their traffic in
`tests/contract/releases/1.2.0/`. `tests/contract/test_releases.py` replays it to today's services.
"""
