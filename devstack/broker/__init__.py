"""A RabbitMQ of the project's own, run by an ordinary user beside any other."""
