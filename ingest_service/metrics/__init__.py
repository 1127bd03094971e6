"""What is counted of the webhooks: by each worker for itself, told by any for all."""
