"""Changes of contracts with the expected results, by the changed part of the contract."""
