"""Traces by OpenTelemetry: on with OTEL_EXPORTER_OTLP_ENDPOINT, else of no cost."""
