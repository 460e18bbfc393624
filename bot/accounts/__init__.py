"""Who may come in: accounts, roles, logins, tokens, throttling, audit (docs/decisions/0009)."""
