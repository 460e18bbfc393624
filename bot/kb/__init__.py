"""Staff's tools over the knowledge base."""
