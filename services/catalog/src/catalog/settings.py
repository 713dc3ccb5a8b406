"""Settings of the catalog service."""

from waybill.process.settings import Settings


class CatalogSettings(Settings):
    """The common settings; the catalogue has no others."""

    service: str = "catalog"
