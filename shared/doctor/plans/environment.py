"""What the environment alone tells: nothing is asked."""

from __future__ import annotations

from collections.abc import Sequence

from shared.doctor.checks import mailgun, secret, supabase, variables
from shared.doctor.findings import Finding
from shared.doctor.place import Place, text_of, texts_of
from shared.doctor.services import is_set
from shared.settings import Settings


def findings(place: Place, classes: Sequence[type[Settings]]) -> list[Finding]:
    """Return what can be said at once; `classes` are all that are read here."""
    known = {name.upper() for cls in classes for name in cls.model_fields}
    return [
        *(found for each in place.standings for found in variables.of_service(each)),
        *variables.mistyped(place.environ, known),
        *_together(place),
        *_webhooks(place),
        *_supabase(place),
        *_mails(place),
    ]


def _together(place: Place) -> list[Finding]:
    ingest = place.settings("ingest")
    return variables.together(
        public_url=place.field("public_url", "mailer"),
        allowed_origins=place.field("allowed_origins", "gateway") or (),
        unsubscribe=is_set("UNSUBSCRIBE_SECRET", place.environ)
        and place.settings("mailer") is not None,
        outcomes=ingest is None or bool(ingest.mailgun_webhook_signing_key),
    )


def _webhooks(place: Place) -> list[Finding]:
    ingest = place.settings("ingest")
    if ingest is None:
        return []
    found = secret.webhook(texts_of(ingest.webhook_secret))
    if ingest.webhook_allow_static_header:
        found += secret.static_header()
    if ingest.mailgun_webhook_signing_key:
        api_key = text_of(place.field("mailgun_api_key", "mailer"))
        keys = texts_of(ingest.mailgun_webhook_signing_key)
        found += secret.signing_key(keys, api_keys=[api_key] if api_key else [])
    return found


def _supabase(place: Place) -> list[Finding]:
    settings = place.settings("gateway", "mailer")
    if settings is None:
        return []
    key = text_of(settings.supabase_service_role_key)
    found = supabase.key_kind(key, url=settings.supabase_url, now=place.now)
    jwt_secret = text_of(place.field("supabase_jwt_secret", "gateway"))
    return found + (supabase.jwt_secret(jwt_secret, key) if jwt_secret else [])


def _mails(place: Place) -> list[Finding]:
    found: list[Finding] = []
    either = place.settings("mailer", "ingest")
    if either is not None and either.unsubscribe_secret:
        secrets = texts_of(either.unsubscribe_secret)
        found += secret.chosen("UNSUBSCRIBE_SECRET", secrets)
    mailer = place.settings("mailer")
    if mailer is not None:
        found += mailgun.sender(mailer.mailgun_from_email, mailer.mailgun_domain)
        found += mailgun.test_mode() if mailer.mailgun_test_mode else []
    return found
