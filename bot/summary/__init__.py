"""The summary of a legal-aid screening, to take along: from the chat card to paper."""
