"""Who is on duty, for what and how much, and to whom a waiting ticket is offered."""
