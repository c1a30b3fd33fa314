"""OpenStack Keystone v3, measured on Keystone 30 (iam.md)."""
