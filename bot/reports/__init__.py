"""What supervisors read and count: the live board, quality checks, reports by day."""
