"""Word lists for the notebook (given)."""

# Function words of English. "not", "no", "never" and "nor" are left out on purpose: they are
# frequent, but they are half of a judgement.
_STOP_WORDS = """
a about after again all also am an and any are as at be because been before being both but by
can could did do does during each few for from had has have he her here hers him his how i if
in into is it its itself just me more most my of off on once one only or other our out over own
same she should so some such than that the their them then there these they this those through
to too under until up us was we were what when where which while who whom why will with would
you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())

# Endings that say something about a word that is too rare to be learnt by itself.
SUFFIXES = ("able", "ed", "er", "ful", "ing", "ish", "less", "ly", "ness", "ous", "s", "y")
