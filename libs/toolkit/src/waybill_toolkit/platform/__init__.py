"""The local platform: PostgreSQL, a broker and every service, as processes of one supervisor."""
