"""Work for a running platform: orders placed over HTTP as a client would, and the audit of it."""
