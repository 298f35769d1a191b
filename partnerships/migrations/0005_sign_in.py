"""Invitations, sign-in events, the group of those who manage accounts, and what workers share for a while."""

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.core.management import call_command
from django.db import migrations, models

MANAGER_PERMISSIONS = [
    ("auth", "view_user"),
    ("auth", "change_user"),
    *(("partnerships", f"{verb}_invitation") for verb in ("view", "add", "change")),
    ("partnerships", "view_signinevent"),
]
CACHE = "shared_for_a_while"


def make_group(apps, schema_editor):
    # Permissions are usually made after all migrations have run, which is too late for naming them here.
    for label in ("auth", "partnerships"):
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0, using=schema_editor.connection.alias)
        config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects
    group, _created = apps.get_model("auth", "Group").objects.get_or_create(name="Managers")
    group.permissions.set(
        permissions.get(content_type__app_label=label, codename=name) for label, name in MANAGER_PERMISSIONS
    )


def remove_group(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name="Managers").delete()


def make_cache(apps, schema_editor):
    call_command("createcachetable", CACHE, database=schema_editor.connection.alias, verbosity=0)


def remove_cache(apps, schema_editor):
    schema_editor.execute(f"DROP TABLE IF EXISTS {schema_editor.quote_name(CACHE)}")


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("partnerships", "0004_reading_order"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("Curators", "Curators"),
                            ("Editors", "Editors"),
                            ("Managers", "Managers"),
                        ],
                        max_length=20,
                        verbose_name="role",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("ja", "Japanese")],
                        default="en",
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("sent_at", models.DateTimeField(verbose_name="sent")),
                ("expires_at", models.DateTimeField(verbose_name="link expires")),
                ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="accepted")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="withdrawn")),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="invited by",
                    ),
                ),
            ],
            options={
                "verbose_name": "invitation",
                "verbose_name_plural": "invitations",
                "ordering": ["-sent_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("accepted_at__isnull", True), ("withdrawn_at__isnull", True)),
                        fields=("email",),
                        name="invitation_open_once_for_an_address",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("accepted_at__isnull", True), ("withdrawn_at__isnull", True), _connector="OR"
                        ),
                        name="invitation_accepted_or_withdrawn",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="invitation_address_in_lower_case",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["Curators", "Editors", "Managers"])),
                        name="invitation_role_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("language__in", ["en", "ja"])), name="invitation_language_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignInEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("signed_in", "Signed in"),
                            ("refused", "Wrong name or password"),
                            ("code_refused", "Wrong second factor"),
                            ("signed_out", "Signed out"),
                            ("sessions_ended", "Sessions ended"),
                            ("factor_added", "Second factor added"),
                            ("factor_removed", "Second factor removed"),
                            ("codes_made", "Recovery codes made"),
                            ("code_used", "Recovery code used"),
                            ("password_changed", "Password changed"),
                            ("password_link", "Link for a new password made"),
                            ("invited", "Invitation sent"),
                            ("withdrawn", "Invitation withdrawn"),
                            ("accepted", "Invitation accepted"),
                            ("roles_changed", "Account changed"),
                        ],
                        max_length=20,
                        verbose_name="what",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        help_text="As it was then; empty: no such account.",
                        max_length=254,
                        verbose_name="name",
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=254, verbose_name="detail")),
                ("address", models.GenericIPAddressField(blank=True, null=True, verbose_name="address")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "verbose_name": "sign-in event",
                "verbose_name_plural": "sign-in events",
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(fields=["-at", "-id"], name="sign_in_event_newest"),
                    models.Index(
                        condition=models.Q(("address__isnull", False)), fields=["at"], name="sign_in_event_with_address"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "what__in",
                                [
                                    "signed_in",
                                    "refused",
                                    "code_refused",
                                    "signed_out",
                                    "sessions_ended",
                                    "factor_added",
                                    "factor_removed",
                                    "codes_made",
                                    "code_used",
                                    "password_changed",
                                    "password_link",
                                    "invited",
                                    "withdrawn",
                                    "accepted",
                                    "roles_changed",
                                ],
                            )
                        ),
                        name="sign_in_event_known",
                    )
                ],
            },
        ),
        migrations.RunPython(make_group, remove_group),
        migrations.RunPython(make_cache, remove_cache),
    ]
