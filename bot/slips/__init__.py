"""转介单: from a ticket to a desk, and how far the desk is with it."""
