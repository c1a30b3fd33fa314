"""A stand-in for the technical console: answers an IAM's HTTP as Keystone 30 was seen to do."""
