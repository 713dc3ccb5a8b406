"""The error for SQL that is not simulated."""


class NotSimulatedError(Exception):
    """SQL that is not simulated.

    It is no verdict on the services: the history is neither clean nor violated.
    """

    def __init__(self, construct: str, near: str = "") -> None:
        """Name the construct; `near` is the text in the statement that it begins with."""
        super().__init__(construct)
        self.construct = construct
        self.near = near
        self.sql = ""
        """The statement; empty when the construct is one of the schema."""
