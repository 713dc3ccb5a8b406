"""Run the service, `python -m identity`, or a command: `python -m identity admin add EMAIL`."""

import sys

from identity import administrators, service_accounts
from identity.app import main

_COMMANDS = {"admin": administrators.main, "service-account": service_accounts.main}

if command := _COMMANDS.get("".join(sys.argv[1:2])):
    sys.exit(command(sys.argv[2:]))
main()
