"""Quantiles of the Beta distribution, held against what is known of it in closed form."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.analysis.beta import distribution, quantile

shapes = st.floats(0.01, 200)
shares = st.floats(0.01, 0.99)


@given(shares, shapes)
def test_with_one_parameter_of_one_it_is_a_power(share: float, alpha: float) -> None:
    assert quantile(share, alpha, 1) == pytest.approx(share ** (1 / alpha), abs=1e-9)
    assert quantile(share, 1, alpha) == pytest.approx(1 - (1 - share) ** (1 / alpha), abs=1e-9)


@given(st.floats(0.01, 0.99))
def test_with_halves_it_is_the_arcsine_distribution(x: float) -> None:
    assert distribution(x, 0.5, 0.5) == pytest.approx(2 / math.pi * math.asin(math.sqrt(x)), abs=1e-9)


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0.01, 0.99))
def test_with_whole_parameters_it_is_a_sum_of_binomials(alpha: int, beta: int, x: float) -> None:
    n = alpha + beta - 1
    wanted = sum(math.comb(n, k) * x**k * (1 - x) ** (n - k) for k in range(alpha, n + 1))
    assert distribution(x, alpha, beta) == pytest.approx(wanted, abs=1e-9)


@given(shares, shapes, shapes)
def test_it_mirrors(share: float, alpha: float, beta: float) -> None:
    assert distribution(share, alpha, beta) == pytest.approx(1 - distribution(1 - share, beta, alpha), abs=1e-9)


def test_outside_there_is_nothing() -> None:
    assert (distribution(-1, 2, 2), distribution(0, 2, 2), distribution(1, 2, 2)) == (0, 0, 1)
