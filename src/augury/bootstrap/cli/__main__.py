"""`python -m augury.bootstrap.cli` is the command `augury`."""

import sys

from augury.bootstrap.cli.root import main

sys.exit(main())
