"""Loop for ever while the module is imported.

kind: exhausting
attacks: scale cell fit
mentions: did not return within 1 s
"""

while True:
    pass
