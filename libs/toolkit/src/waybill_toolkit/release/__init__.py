"""Makes a release: versions, changelog, packages. `make release VERSION=X.Y.Z` calls it."""
