"""What was decided and done about each status change, durably: the mailer's memory."""
