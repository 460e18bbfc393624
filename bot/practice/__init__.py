"""Practice for new operators: told troubles, one decision a turn; nothing of the product is used up
or written."""
