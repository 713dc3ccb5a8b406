"""For tests: users, sessions and clients, without the pages that create them."""
