"""A request and its answer: who asks, what they may see, how the page goes out."""
