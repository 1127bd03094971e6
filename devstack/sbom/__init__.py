"""What each part of the system is made of, as CycloneDX documents."""
