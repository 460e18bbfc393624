"""How well it understands:  make eval  (docs/understanding.md)."""
