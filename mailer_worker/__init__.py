"""Tell the artist by mail when the status of a submission changed."""
