"""Files that come in and tables that go out: their limits, their shape, what they may say."""
