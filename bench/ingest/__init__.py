"""What does it cost to take a webhook, beside the plain ways of doing it?"""
