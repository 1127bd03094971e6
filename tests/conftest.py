"""What every test finds: a hypothesis profile for slow machines."""

from hypothesis import HealthCheck, settings

# Timings say nothing on a shared machine, and first draws import a lot.
settings.register_profile(
    "melotech", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("melotech")
