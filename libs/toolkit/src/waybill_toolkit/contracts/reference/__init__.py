"""Renders the reference pages: the HTTP API, the events, the map of events.

All of it comes from the contracts and their examples. Services serve these pages; the site of
`waybill docs` puts them into its own frame.
"""
