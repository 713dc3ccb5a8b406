"""The security log: acts that matter for security, in a chain of hashes with signed heads.

    await record(tx, "session.ended", target=session_id, detail={"reason": "logout"})

`entries` writes a row in the transaction of its act. `chain` numbers and hashes committed rows,
`heads` signs the last one and appends it to a file elsewhere, `checking` finds what was changed.
"""

from waybill.security_log.entries import record

__all__ = ["record"]
