"""Builds and serves the site of the documentation: `waybill docs`.

Markdown and contracts become a folder of plain files that needs no server and no network. Generated
from the contracts or the code are the references, the map of events,
the tables of settings, the lists of services and decisions.
"""
