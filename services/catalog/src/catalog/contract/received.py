"""The payloads that catalog receives; unknown fields are ignored. Generated; never edited."""
