"""The public API of all services. Generated from contracts/; never edited."""
