"""Excel both ways: what staff keep goes out as a workbook, and comes back judged row by row."""
