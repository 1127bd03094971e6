"""What the Mailgun stand-in has still to tell."""

from __future__ import annotations

from devstack.mailgun.webhooks import Webhooks

TOLD = {"event": "delivered", "message": {"headers": {"message-id": "m@x.test"}}}


async def test_mail_of_which_something_is_to_be_told_is_counted_until_the_end():
    webhooks = Webhooks("http://127.0.0.1:9/", "key")

    webhooks.tell([TOLD, TOLD])
    webhooks.tell([TOLD])

    assert webhooks.waiting == 2
    await webhooks.close()
    assert webhooks.waiting == 0


async def test_stand_in_without_an_address_has_nothing_to_tell():
    webhooks = Webhooks(None, "key")

    webhooks.tell([TOLD])

    assert webhooks.waiting == 0
