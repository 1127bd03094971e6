"""Does a deployment work, from the webhook to the socket and the mail?"""
