"""The operations of the contract, by subject; api.py puts them together."""
