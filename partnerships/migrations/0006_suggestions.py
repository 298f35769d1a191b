"""Suggestions of the public: why one is held, what became of it, every step in a log; who sent how many of late."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

GROUPS = ["Curators", "Editors"]
PERMISSIONS = ["view_suggestionstep"]


def let_groups_read_the_log(apps, schema_editor):
    # Permissions are usually made after all migrations have run, which is too late for naming them here.
    config = apps.get_app_config("partnerships")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="partnerships")
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.add(*permissions.filter(codename__in=PERMISSIONS))


class Migration(migrations.Migration):
    dependencies = [
        ("partnerships", "0005_sign_in"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RecentSender",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("client", models.CharField(max_length=32, unique=True, verbose_name="client")),
                ("sent", models.JSONField(default=list, verbose_name="sent")),
                ("last_at", models.DateTimeField(verbose_name="last sent")),
            ],
            options={
                "verbose_name": "recent sender",
                "verbose_name_plural": "recent senders",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="SuggestionStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("held", "Held by a rule"),
                            ("released", "Released"),
                            ("asked", "Asked the sender"),
                            ("answered", "The sender answered"),
                            ("forwarded", "Passed on to an editor"),
                            ("accepted", "Accepted"),
                            ("rejected", "Rejected"),
                        ],
                        max_length=10,
                        verbose_name="action",
                    ),
                ),
                ("note", models.TextField(blank=True, verbose_name="note")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="at")),
            ],
            options={
                "verbose_name": "step of a suggestion",
                "verbose_name_plural": "steps of suggestions",
                "ordering": ["at", "pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="suggestion",
            name="suggestion_state_known",
        ),
        migrations.AddField(
            model_name="suggestion",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="suggestions",
                to="partnerships.actor",
                verbose_name="place it was begun from",
            ),
        ),
        migrations.AddField(
            model_name="suggestion",
            name="answered_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="answered"),
        ),
        migrations.AddField(
            model_name="suggestion",
            name="answered_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="answered_suggestions",
                to=settings.AUTH_USER_MODEL,
                verbose_name="answered by",
            ),
        ),
        migrations.AddField(
            model_name="suggestion",
            name="draft",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="begun_by_suggestions",
                to="partnerships.partnership",
                verbose_name="record made of it",
            ),
        ),
        migrations.AddField(
            model_name="suggestion",
            name="held_because",
            field=models.JSONField(blank=True, default=list, editable=False, verbose_name="why it is held"),
        ),
        migrations.AddField(
            model_name="suggestion",
            name="record_title",
            field=models.CharField(
                blank=True, editable=False, max_length=200, verbose_name="title of the record when it was written about"
            ),
        ),
        migrations.AddField(
            model_name="suggestion",
            name="source",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="suggestions",
                to="partnerships.source",
                verbose_name="source made of its evidence",
            ),
        ),
        migrations.AddField(
            model_name="suggestion",
            name="theme",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="suggestions",
                to="partnerships.theme",
                verbose_name="theme it was begun from",
            ),
        ),
        migrations.AlterField(
            model_name="suggestion",
            name="partnership",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: a record that the directory does not have yet.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="suggestions",
                to="partnerships.partnership",
                verbose_name="partnership",
            ),
        ),
        migrations.AlterField(
            model_name="suggestion",
            name="state",
            field=models.CharField(
                choices=[
                    ("held", "Held"),
                    ("waiting", "Waiting"),
                    ("asked", "Asked back"),
                    ("forwarded", "For an editor"),
                    ("accepted", "Accepted"),
                    ("rejected", "Rejected"),
                ],
                default="waiting",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AddConstraint(
            model_name="suggestion",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["held", "waiting", "asked", "forwarded", "accepted", "rejected"])),
                name="suggestion_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="suggestion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "held"), _negated=True),
                    models.Q(("held_because", []), _negated=True),
                    _connector="OR",
                ),
                name="suggestion_held_for_a_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="recentsender",
            index=models.Index(fields=["last_at"], name="recent_sender_by_time"),
        ),
        migrations.AddField(
            model_name="suggestionstep",
            name="by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="suggestion_steps",
                to=settings.AUTH_USER_MODEL,
                verbose_name="by",
            ),
        ),
        migrations.AddField(
            model_name="suggestionstep",
            name="suggestion",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="steps",
                to="partnerships.suggestion",
                verbose_name="suggestion",
            ),
        ),
        migrations.AddConstraint(
            model_name="suggestionstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "action__in",
                        ["received", "held", "released", "asked", "answered", "forwarded", "accepted", "rejected"],
                    )
                ),
                name="suggestion_step_action_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="suggestionstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("action__in", ["asked", "answered", "rejected"]), _negated=True),
                    models.Q(("note", ""), _negated=True),
                    _connector="OR",
                ),
                name="suggestion_step_says_something",
            ),
        ),
        migrations.RunPython(let_groups_read_the_log, migrations.RunPython.noop),
    ]
