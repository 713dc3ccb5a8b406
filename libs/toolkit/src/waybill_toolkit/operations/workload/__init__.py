"""Orders for a running platform, placed over HTTP, with an audit."""
