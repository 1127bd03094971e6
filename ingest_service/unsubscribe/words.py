"""What the pages say, in each language that they speak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A page's title, and its text; `{address}` in it is the masked address."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All that is said in one language."""

    ask: Sentence
    button: str
    done: Sentence
    bad_link: Sentence
    later: Sentence


ENGLISH = Words(
    ask=Sentence(
        title="No more mails?",
        text="We send mails about your submissions to {address}.",
    ),
    button="Unsubscribe",
    done=Sentence(
        title="You are unsubscribed",
        text="We send no more mails to {address}.",
    ),
    bad_link=Sentence(
        title="This link does not work",
        text="It may have been cut. Please open the link in the mail once more.",
    ),
    later=Sentence(
        title="That did not work",
        text="Nothing has changed yet. Please try again in a minute.",
    ),
)

GERMAN = Words(
    ask=Sentence(
        title="Keine Mails mehr?",
        text="Wir schicken Mails zu deinen Einsendungen an {address}.",
    ),
    button="Abmelden",
    done=Sentence(
        title="Du bist abgemeldet",
        text="Wir schicken keine Mails mehr an {address}.",
    ),
    bad_link=Sentence(
        title="Dieser Link geht nicht",
        text="Vielleicht fehlt ein Stück. Bitte öffne den Link aus der Mail neu.",
    ),
    later=Sentence(
        title="Das hat nicht geklappt",
        text="Noch hat sich nichts geändert. Bitte versuche es in einer Minute wieder.",
    ),
)

FRENCH = Words(
    ask=Sentence(
        title="Ne plus recevoir de mails ?",
        text="Nous envoyons des mails au sujet de vos titres à {address}.",
    ),
    button="Se désabonner",
    done=Sentence(
        title="Vous êtes désabonné",
        text="Plus aucun mail ne sera envoyé à {address}.",
    ),
    bad_link=Sentence(
        title="Ce lien ne fonctionne pas",
        text="Il est peut-être incomplet. Ouvrez à nouveau le lien dans le mail.",
    ),
    later=Sentence(
        title="Un problème est survenu",
        text="Rien ne change encore. Veuillez réessayer dans une minute.",
    ),
)

SPANISH = Words(
    ask=Sentence(
        title="¿No más correos?",
        text="Enviamos correos sobre tus canciones a {address}.",
    ),
    button="Darme de baja",
    done=Sentence(
        title="Te has dado de baja",
        text="No enviaremos más correos a {address}.",
    ),
    bad_link=Sentence(
        title="Este enlace no funciona",
        text="Puede que esté incompleto. Abre de nuevo el enlace del correo.",
    ),
    later=Sentence(
        title="No ha funcionado",
        text="Todavía no ha cambiado nada. Inténtalo de nuevo en un minuto.",
    ),
)

#: By the language's tag; the first is for everyone else.
LANGUAGES: Mapping[str, Words] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
}
