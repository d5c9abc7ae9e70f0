"""Pure functions over text: words, stems, dates, names, languages."""
