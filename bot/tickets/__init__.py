"""话务工单: number, summary, states, and what operators do with them."""
