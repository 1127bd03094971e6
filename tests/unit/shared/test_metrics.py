"""What all services' metrics share: the text, in the form that was asked for."""

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families

from shared import metrics
from shared.version import __version__

PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4"
)


@pytest.mark.parametrize("accept", ["", "*/*", "text/plain", "text/html;version=x.y"])
def test_text_is_prometheuss_own_for_who_does_not_name_another(accept):
    text, media = metrics.exposition(metrics.registry("s"), accept)

    assert media == "text/plain; version=0.0.4; charset=utf-8"
    names = {each.name for each in text_string_to_metric_families(text.decode())}
    assert {"process_cpu_seconds", "python_gc_collections", "python_info"} <= names


@pytest.mark.parametrize(
    "accept",
    [
        PROMETHEUS_3,
        "Application/OpenMetrics-Text",
        "application/openmetrics-text;version=x.y",
        "application/openmetrics-text;version=;;=,,",
    ],
)
def test_text_is_openmetrics_for_who_names_it_however_oddly(accept):
    text, media = metrics.exposition(metrics.registry("s"), accept)

    assert media.startswith("application/openmetrics-text; version=1.0.0;")
    assert text.endswith(b"# EOF\n")
    assert list(openmetrics_families(text.decode()))


def test_build_is_told_with_service_and_version():
    text, _ = metrics.exposition(metrics.registry("s", own_process=False), "")

    assert f'melotech_build_info{{service="s",version="{__version__}"}} 1.0' in (
        text.decode()
    )
    assert "process_" not in text.decode()


@pytest.mark.parametrize("buckets", [metrics.PATH_BUCKETS, metrics.MAIL_BUCKETS])
def test_buckets_ascend(buckets):
    assert list(buckets) == sorted(set(buckets))
