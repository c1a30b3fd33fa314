"""Django's admin over the portal's own orders (`DATABASE_URL`), in a virtualenv with Django."""

import os

import dj_database_url
import django
from django.conf import settings

settings.configure(
    DEBUG=False,
    SECRET_KEY=os.environ["SECRET_KEY"],
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    LANGUAGE_CODE="fr",
    TIME_ZONE="Europe/Paris",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    STATIC_URL="/static/",
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
    ],
    MIDDLEWARE=[  # as `django-admin startproject` writes them
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    DATABASES={"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=None)},
)
django.setup()

from django.contrib import admin  # noqa: E402 (Django wants its settings first)
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.urls import path  # noqa: E402


class Account(models.Model):
    """Who placed an order."""

    login = models.CharField(max_length=64)

    class Meta:
        app_label, managed, db_table = "auth", False, "accounts"

    def __str__(self):
        return self.login


class Order(models.Model):
    """The columns that our list shows."""

    ref = models.CharField("réf.", max_length=32)
    placed_at = models.DateTimeField("date")
    name_fr = models.CharField("nom", max_length=120)
    price = models.DecimalField("prix", max_digits=12, decimal_places=2, null=True)
    status = models.CharField("statut", max_length=16)
    placed_by = models.ForeignKey(Account, models.CASCADE, verbose_name="par")

    class Meta:
        app_label, managed, db_table = "auth", False, "orders"


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    """The list, as its documentation says to make a long one."""

    list_display = ("placed_at", "ref", "name_fr", "price", "placed_by", "status")
    list_select_related = ("placed_by",)
    list_per_page = int(os.environ.get("BENCH_ROWS", "25"))
    search_fields = ("ref", "name_fr")
    ordering = ("-placed_at", "-id")


urlpatterns = [path("admin/", admin.site.urls)]
application = get_wsgi_application()
