"""What is kept, and how long: one table, carried out by one job, shown in docs/security.md.

Every model stands in it once: in `FORGOTTEN` (its rows go by themselves), or in `LASTING` (they
stay while something else does, or for good). A new model without a line fails a test.
"""
