"""How points are shared out among tests."""


def allocate(points: float, count: int) -> list[float]:
    """Share points out equally, in hundredths, without losing any.

    What does not divide evenly goes to the first shares, one hundredth each (the method of the
    largest remainder, for equal claims): 10 points for 3 tests are 3.34, 3.33 and 3.33.

    Args:
        points: at least 0; counts to the nearest hundredth.
        count: number of shares, at least 0.

    Returns:
        `count` shares, none differing from another by more than 0.01, whose sum rounds to `points`;
        no share at all for a count of 0, whatever the points.

    Raises:
        ValueError: `points` or `count` is negative.
    """
    if points < 0 or count < 0:
        raise ValueError(f"points and count must not be negative, got {points} and {count}")
    if count == 0:
        return []
    each, left = divmod(round(points * 100), count)
    return [(each + (index < left)) / 100 for index in range(count)]
