"""A stand-in for Mailgun: it takes mails, shows them, and misbehaves when asked to."""
