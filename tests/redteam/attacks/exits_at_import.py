"""End the program while the module is imported.

kind: tampering
attacks: scale cell fit
mentions: SystemExit
"""

import sys

sys.exit(0)
