"""The local replica of the stream: resume, history, current rows and statistics."""
