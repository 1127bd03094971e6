"""A stand-in for pg_net and pg_cron, for databases that have neither."""
