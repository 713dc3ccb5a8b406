"""The errors of the local platform.

PlatformError
├── PortInUseError       a port is in use by another program
├── DataFolderError      the data folder cannot be used as it is
├── AlreadyRunningError  the data folder is in use by a running platform
├── NotRunningError      there is no running platform on the data folder
├── UnknownServiceError  the running platform has no service of this name
└── StartError           a process did not become ready
"""

from waybill_toolkit.command_line.errors import CommandError


class PlatformError(CommandError):
    """A failure of the platform that a person can act on."""


class PortInUseError(PlatformError):
    pass


class DataFolderError(PlatformError):
    pass


class AlreadyRunningError(PlatformError):
    pass


class NotRunningError(PlatformError):
    pass


class UnknownServiceError(PlatformError):
    pass


class StartError(PlatformError):
    pass
