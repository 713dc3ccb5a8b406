"""Run the service, `python -m identity`, or a command, `python -m identity admin add EMAIL`."""

import sys

from identity import administrators
from identity.app import main

if sys.argv[1:2] == ["admin"]:
    sys.exit(administrators.main(sys.argv[2:]))
main()
