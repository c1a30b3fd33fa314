"""OpenStack Keystone v3, measured on Keystone 30 (docs/openstack.md)."""
