"""What every test finds: brokers and services as real processes, and hypothesis."""

from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.plugins.broker",
    "tests.plugins.services",
    "tests.plugins.project",
    "tests.plugins.postgres",
    "tests.plugins.stack",
]

# Timings say nothing on a shared machine, and first draws import a lot.
settings.register_profile(
    "melotech", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("melotech")
