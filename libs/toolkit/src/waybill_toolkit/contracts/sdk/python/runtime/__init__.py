"""What is the same for every operation: requests, repeats, errors, pages."""
