"""Renders the reference pages: the HTTP API, the events, the map of events.

They are generated from the contracts and their examples. Services serve these pages; the site of
`waybill docs` includes them.
"""
