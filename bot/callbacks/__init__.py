"""Call-backs: when nobody can come at once, a half-day in which somebody will call."""
