"""What every test shares: Hypothesis judges answers, not the speed of the machine."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
