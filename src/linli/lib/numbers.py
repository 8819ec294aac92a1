"""Numbers that people read aloud, with a check digit (Damm: every single slip and swap is caught)."""

from __future__ import annotations

from stdnum import damm


def number_of(year: int, body: int) -> str:
    """``26`` + at least seven digits of ``body`` + check digit, e.g. ``2600042173``."""
    digits = f"{year % 100:02d}{body:07d}"
    return digits + str(damm.calc_check_digit(digits))


def checks(number: str) -> bool:
    """Whether ``number`` (digits only) is well formed and its check digit is right."""
    return number.isascii() and number.isdigit() and len(number) >= 10 and damm.is_valid(number)


def normalise(text: str) -> str:
    """What somebody typed as a number, without blanks and dashes, full-width digits made plain."""
    return "".join(
        str(int(c)) if c.isdecimal() and not c.isascii() else c for c in text if c not in " -－—　\x00"
    )
