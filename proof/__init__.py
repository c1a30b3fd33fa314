"""`make console-proof`: a real Keystone, Apache and Horizon sign people in through the portal.

Nothing here is a stand-in: Keystone and Horizon come from PyPI, Apache with mod_auth_openidc from
Debian, the clients from keystoneauth1. docs/openstack.md leads an operator through the same.
"""
