"""Source that is nested too deep to be parsed.

kind: exhausting
attacks: scale cell fit
mentions: cannot be checked | MemoryError | SyntaxError | RecursionError
"""

DEPTH = 10**5
x = eval("(" * DEPTH + "0" + ")" * DEPTH)
