"""Staff and the places: 今天无人, and taking it back."""
