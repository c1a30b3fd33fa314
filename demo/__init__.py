"""Everything that shows the portal at work on one machine; production never imports it."""
