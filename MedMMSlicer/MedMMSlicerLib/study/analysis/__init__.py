"""Analysis of reader studies: tables in, figures with their uncertainty, a page and exchange files out."""
