"""The commands of an operator: `python -m mailer_worker COMMAND`."""
