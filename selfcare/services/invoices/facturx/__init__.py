"""Reading Factur-X: the PDF, its XML, its sums, its rules."""
