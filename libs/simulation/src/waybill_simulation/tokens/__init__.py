"""The play of tokens: applications that refresh, thieves that replay, keys that rotate."""
