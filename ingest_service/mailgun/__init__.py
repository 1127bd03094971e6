"""Take Mailgun's webhooks, and put each fate of a mail safely on the bus."""
