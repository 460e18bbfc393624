"""Conversations: gateway, public API, pages, command line. Talks to the engine over HTTP only."""
