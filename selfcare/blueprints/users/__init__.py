"""« Utilisateurs »: routes below /contracts/<ref>/users."""
