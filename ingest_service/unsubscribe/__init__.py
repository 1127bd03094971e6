"""End all mails to an address with one click, as RFC 8058 asks for."""
