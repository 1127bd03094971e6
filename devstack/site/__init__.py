"""The documentation as a site: what is generated of it, and what MkDocs is told."""
