"""`python -m culture_core COMMAND`."""

import sys

from culture_core.cli.main import main

sys.exit(main())
