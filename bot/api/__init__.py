"""The public API (docs/api.md): routes, shapes, problems."""
