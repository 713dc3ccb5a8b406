"""What the catalog service must be told from outside."""

from waybill.process.settings import Settings


class CatalogSettings(Settings):
    """The common settings; the catalogue has no other."""

    service: str = "catalog"
