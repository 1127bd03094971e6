"""The only door to RabbitMQ: pika and its exceptions stop here."""
