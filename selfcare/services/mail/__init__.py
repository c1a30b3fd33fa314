"""Mail: the outbox, the letters, the links in them, the SMTP server."""
