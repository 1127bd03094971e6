"""What artists receive: the mails, their languages, and how they look beforehand."""
