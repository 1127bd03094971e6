"""The door to Mailgun: hand over a mail, and ask what it knows of one."""
