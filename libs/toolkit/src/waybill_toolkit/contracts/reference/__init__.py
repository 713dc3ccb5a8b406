"""Writes the pages that are read by people: the HTTP API, the events, the map of events.

All of it comes from the contracts and their examples. Services serve these pages as they are; the
site of `waybill docs` puts them into its own frame.
"""
