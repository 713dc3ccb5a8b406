"""Operations on a running platform: placing orders, the audit, dead letters."""
