"""All benches in one run, and the page that says what they found."""
