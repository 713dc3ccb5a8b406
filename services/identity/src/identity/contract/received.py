"""The payloads that identity receives; unknown fields are ignored. Generated; never edited."""
