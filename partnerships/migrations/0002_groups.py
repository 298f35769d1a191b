"""The two groups of people who work in the admin."""

from __future__ import annotations

from django.contrib.auth.management import create_permissions
from django.db import migrations

PARTS = ["actorname", "participation", "partnershiptheme", "adoption", "outcome", "milestone", "citation"]
RECORDS = ["actor", "partnership", "source"]

CURATOR_PERMISSIONS = [
    *(f"{verb}_{model}" for model in [*RECORDS, *PARTS] for verb in ("view", "add", "change")),
    # Taking a participant or a citation off a draft; whole records are archived by editors.
    *(f"delete_{model}" for model in PARTS),
    *(f"{verb}_{model}" for model in ("coveragecheck", "registerentry") for verb in ("view", "add", "change")),
    "view_suggestion",
    "change_suggestion",
    "view_theme",
    "view_reviewevent",
    "submit_partnership",
]
EDITOR_PERMISSIONS = [
    *CURATOR_PERMISSIONS,
    *(f"delete_{model}" for model in [*RECORDS, "coveragecheck", "registerentry", "suggestion"]),
    "add_theme",
    "change_theme",
    "delete_theme",
    "publish_partnership",
]


def make_groups(apps, schema_editor):
    # Permissions are usually made after all migrations have run, which is too late for naming them here.
    config = apps.get_app_config("partnerships")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    config.models_module = None

    group_model = apps.get_model("auth", "Group")
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="partnerships")
    for name, codenames in (("Curators", CURATOR_PERMISSIONS), ("Editors", EDITOR_PERMISSIONS)):
        group, _created = group_model.objects.get_or_create(name=name)
        group.permissions.set(permissions.filter(codename__in=codenames))


def remove_groups(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=["Curators", "Editors"]).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("partnerships", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_groups, remove_groups)]
