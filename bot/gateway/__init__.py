"""The one door for every channel: what is said is kept, answered once and in order, and relayed."""
