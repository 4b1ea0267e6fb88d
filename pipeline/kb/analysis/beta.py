"""Quantiles of the Beta distribution.

The distribution function is the regularised incomplete beta function, by its continued fraction (Abramowitz and Stegun,
*Handbook of Mathematical Functions*, 26.5.8), evaluated as Lentz does; the quantile is found by halving.
"""

import math

_TINY = 1e-300
_CLOSE = 1e-13
_HALVINGS = 60
_MOST_STEPS = 10_000


def quantile(share: float, alpha: float, beta: float) -> float:
    """The value below which so large a share of a Beta distribution lies; both parameters are above 0."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if distribution(middle, alpha, beta) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


_LEAST = 1e-6
"""A rate of 0 or 1 leaves one parameter at 0, which it cannot have."""


def interval(alpha: float, beta: float) -> tuple[float, float]:
    """The lower and the upper bound of the middle 90 % of a Beta distribution, to four digits."""
    shape = max(alpha, _LEAST), max(beta, _LEAST)
    low, high = (round(quantile(share, *shape), 4) for share in (0.05, 0.95))
    return low, high


def distribution(x: float, alpha: float, beta: float) -> float:
    """The share of a Beta distribution that lies below x."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (alpha + 1) / (alpha + beta + 2):  # there the fraction converges slowly
        return 1 - distribution(1 - x, beta, alpha)
    logarithm = math.lgamma(alpha + beta) - math.lgamma(alpha) - math.lgamma(beta)
    front = math.exp(logarithm + alpha * math.log(x) + beta * math.log1p(-x)) / alpha
    return front * _fraction(x, alpha, beta)


def _fraction(x: float, alpha: float, beta: float) -> float:
    whole, upper, lower = 1.0, 1.0, 0.0
    for step in range(_MOST_STEPS):
        m = step // 2
        if step == 0:
            term = 1.0
        elif step % 2:
            term = -(alpha + m) * (alpha + beta + m) * x / ((alpha + 2 * m) * (alpha + 2 * m + 1))
        else:
            term = m * (beta - m) * x / ((alpha + 2 * m - 1) * (alpha + 2 * m))
        lower = 1 / _not_zero(1 + term * lower)
        upper = _not_zero(1 + term / upper)
        whole *= upper * lower
        if abs(1 - upper * lower) < _CLOSE:
            break
    return whole - 1


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
