"""Questions that found no answer: masked, kept, grouped and counted, for who writes the answers."""
