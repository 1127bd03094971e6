"""What the services share: the events, the bus and how a process behaves."""
