"""End the process while the module is imported, without a word.

kind: tampering
attacks: scale cell fit
mentions: ended its own process (exit code 0)
"""

import os

os._exit(0)
