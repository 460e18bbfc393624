"""Telegram: what residents write there goes to the gateway, what the outbox holds goes to them."""
