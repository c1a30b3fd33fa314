"""Searching, sorting, paging, whatever somebody types."""
