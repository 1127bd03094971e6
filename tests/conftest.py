"""What every test finds: brokers and services as real processes, and hypothesis."""

import os

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


#: Minutes of three brokers: only where the folder is asked for by its name.
collect_ignore = ["cluster"]


def pytest_xdist_auto_num_workers():
    """Run four workers, each on a broker of its own; a given broker is for one.

    Most of a run is waiting for services to start, so two cores are enough for four.
    """
    return 0 if os.environ.get("RABBITMQ_URL") else 4
