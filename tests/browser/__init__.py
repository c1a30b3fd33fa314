"""Real browsers: Chromium with and without JavaScript, w3m."""
