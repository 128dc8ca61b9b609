"""How hypothesis looks for counterexamples: the same ones every time, unless it is sent hunting.

`HYPOTHESIS_PROFILE=hunt pytest tests/rules` tries many more, and other ones each time.
"""

import os

from hypothesis import HealthCheck, settings

# No deadline: how long an example takes says more about the machine than about the code.
settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    database=None,
    max_examples=100,
)
settings.register_profile("hunt", deadline=None, max_examples=3000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))
