"""What a release took and sent, kept so that every later version can be held to it.

`make record RELEASE=1.2.0` runs the services' tests and keeps their traffic in
`tests/contract/releases/1.2.0/`. `tests/contract/test_releases.py` puts it to today's services.
"""
