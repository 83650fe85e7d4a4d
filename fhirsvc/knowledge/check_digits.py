"""Check digits of code systems: they prove that an identifier is well formed, not that it means what is said."""

from __future__ import annotations

import re

# The dihedral group D5 and the permutation of Verhoeff's scheme (SNOMED CT Technical Implementation Guide, appendix A).
_PRODUCT = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_STEP = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_SNOMED = re.compile(r"[1-9][0-9]{5,17}")
_LOINC = re.compile(r"([1-9][0-9]{0,6})-([0-9])")


def is_snomed(code: str) -> bool:
    """Six to eighteen digits whose Verhoeff check holds."""
    if not _SNOMED.fullmatch(code):
        return False
    check = 0
    for position, digit in enumerate(reversed(code)):
        check = _PRODUCT[check][_permuted(int(digit), position)]
    return check == 0


def is_loinc(code: str) -> bool:
    """A number, a hyphen and its mod 10 check digit (odd places from the right counted double, digits summed)."""
    match = _LOINC.fullmatch(code)
    if not match:
        return False
    digits = [int(digit) for digit in reversed(match[1])]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[::2]]
    return (sum(doubled) + sum(digits[1::2]) + int(match[2])) % 10 == 0


def _permuted(digit: int, times: int) -> int:
    for _ in range(times % 8):
        digit = _STEP[digit]
    return digit
