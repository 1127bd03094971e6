"""How many mails a second does the mailer hand over, and what does one cost?"""
