"""Builds and serves the site of the documentation: `waybill docs`.

Markdown and contracts become a folder of plain files that needs no server and no network. The
references, the map of events, the tables of settings and the lists of services and decisions are
generated from the contracts and the code.
"""
