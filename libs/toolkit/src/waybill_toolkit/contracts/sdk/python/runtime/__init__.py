"""The code that all operations share: requests, retries, errors, pagination."""
