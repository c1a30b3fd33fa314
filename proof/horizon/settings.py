"""Horizon's `local_settings.py` for single sign-on through the portal; docs/openstack.md explains.

Copied into Horizon's own package; what differs from run to run comes from the environment.
"""

import os

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.3"]
SECRET_KEY = os.environ.get("SECRET_KEY", "none is needed to make style sheets")
STATIC_ROOT = os.environ["STATIC_FOLDER"]
COMPRESS_OFFLINE = True
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
TIME_ZONE = "UTC"
# This cloud has no compute: the first page that is there. Leave the line out on a real one.
LOGIN_REDIRECT_URL = "/project/api_access/"

OPENSTACK_KEYSTONE_URL = os.environ["KEYSTONE_URL"]
OPENSTACK_KEYSTONE_MULTIDOMAIN_SUPPORT = True

# People come from the portal only: its sign-in is the console's.
WEBSSO_ENABLED = True
WEBSSO_INITIAL_CHOICE = "portal"
WEBSSO_CHOICES = (("portal", "Espace Client"),)
WEBSSO_IDP_MAPPING = {"portal": ("portal", "openid")}
WEBSSO_DEFAULT_REDIRECT = True
WEBSSO_DEFAULT_REDIRECT_PROTOCOL = "openid"
WEBSSO_DEFAULT_REDIRECT_REGION = OPENSTACK_KEYSTONE_URL
# Signing out of Horizon leads to the portal, which asks whether to sign out there, too.
WEBSSO_DEFAULT_REDIRECT_LOGOUT = os.environ["PORTAL_LOGOUT_URL"]
