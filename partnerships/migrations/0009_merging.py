import django.db.models.deletion
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

CURATOR_PERMISSIONS = ["view_merge", "view_notduplicate", "add_notduplicate"]
EDITOR_PERMISSIONS = [*CURATOR_PERMISSIONS, "add_merge", "delete_notduplicate"]


def grant(apps, schema_editor):
    # Permissions are usually made after all migrations have run, which is too late for naming them here.
    config = apps.get_app_config("partnerships")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    config.models_module = None

    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="partnerships")
    for name, codenames in (("Curators", CURATOR_PERMISSIONS), ("Editors", EDITOR_PERMISSIONS)):
        for group in apps.get_model("auth", "Group").objects.filter(name=name):
            group.permissions.add(*permissions.filter(codename__in=codenames))


def withdraw(apps, schema_editor):
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="partnerships")
    permissions.filter(codename__in=EDITOR_PERMISSIONS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("partnerships", "0008_registers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Merge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("partnerships", "Partnerships"),
                            ("actors", "Places and organisations"),
                            ("sources", "Sources"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("duplicate", models.BigIntegerField(verbose_name="duplicate's key")),
                ("into", models.BigIntegerField(verbose_name="key of the record kept")),
                ("duplicate_name", models.CharField(max_length=400, verbose_name="duplicate")),
                ("into_name", models.CharField(max_length=400, verbose_name="merged into")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="at")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                ("choices", models.JSONField(blank=True, default=dict, verbose_name="choices")),
                ("before", models.JSONField(blank=True, default=dict, verbose_name="before")),
                ("after", models.JSONField(blank=True, default=dict, verbose_name="after")),
                ("moved", models.JSONField(blank=True, default=dict, verbose_name="moved")),
                (
                    "removed",
                    models.JSONField(blank=True, default=list, verbose_name="left out because it was there already"),
                ),
                ("filled", models.JSONField(blank=True, default=list, verbose_name="filled in")),
            ],
            options={
                "verbose_name": "merge",
                "verbose_name_plural": "merges",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="NotDuplicate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("partnerships", "Partnerships"),
                            ("actors", "Places and organisations"),
                            ("sources", "Sources"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("first", models.BigIntegerField(verbose_name="first record")),
                ("second", models.BigIntegerField(verbose_name="second record")),
                ("names", models.CharField(max_length=500, verbose_name="records")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="at")),
                ("note", models.TextField(blank=True, verbose_name="note")),
            ],
            options={
                "verbose_name": "pair that is no duplicate",
                "verbose_name_plural": "pairs that are no duplicates",
                "ordering": ["-at", "-pk"],
            },
        ),
        # Before the large tables are locked.
        migrations.RunPython(grant, withdraw),
        migrations.AddField(
            model_name="actor",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged_duplicates",
                to="partnerships.actor",
                verbose_name="is a duplicate of",
            ),
        ),
        migrations.AddField(
            model_name="historicalactor",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="partnerships.actor",
                verbose_name="is a duplicate of",
            ),
        ),
        migrations.AddField(
            model_name="historicalpartnership",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="partnerships.partnership",
                verbose_name="is a duplicate of",
            ),
        ),
        migrations.AddField(
            model_name="historicalsource",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="partnerships.source",
                verbose_name="is a duplicate of",
            ),
        ),
        migrations.AddField(
            model_name="partnership",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged_duplicates",
                to="partnerships.partnership",
                verbose_name="is a duplicate of",
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged_duplicates",
                to="partnerships.source",
                verbose_name="is a duplicate of",
            ),
        ),
        migrations.AlterField(
            model_name="actor",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                help_text="The state, prefecture or body that it belongs to.",
                limit_choices_to={"merged_into__isnull": True},
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="children",
                to="partnerships.actor",
                verbose_name="lies in",
            ),
        ),
        migrations.AlterField(
            model_name="actor",
            name="successor",
            field=models.ForeignKey(
                blank=True,
                limit_choices_to={"merged_into__isnull": True},
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="predecessors",
                to="partnerships.actor",
                verbose_name="merged into",
            ),
        ),
        migrations.AlterField(
            model_name="adoption",
            name="adopted_from",
            field=models.ForeignKey(
                limit_choices_to={"merged_into__isnull": True},
                on_delete=django.db.models.deletion.PROTECT,
                related_name="adopted_by",
                to="partnerships.partnership",
                verbose_name="adopted from",
            ),
        ),
        migrations.AlterField(
            model_name="citation",
            name="source",
            field=models.ForeignKey(
                limit_choices_to={"merged_into__isnull": True},
                on_delete=django.db.models.deletion.PROTECT,
                related_name="citations",
                to="partnerships.source",
                verbose_name="source",
            ),
        ),
        migrations.AlterField(
            model_name="coveragecheck",
            name="place",
            field=models.ForeignKey(
                limit_choices_to={"merged_into__isnull": True},
                on_delete=django.db.models.deletion.CASCADE,
                related_name="coverage_checks",
                to="partnerships.actor",
                verbose_name="place",
            ),
        ),
        migrations.AlterField(
            model_name="historicalactor",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="The state, prefecture or body that it belongs to.",
                limit_choices_to={"merged_into__isnull": True},
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="partnerships.actor",
                verbose_name="lies in",
            ),
        ),
        migrations.AlterField(
            model_name="historicalactor",
            name="successor",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                limit_choices_to={"merged_into__isnull": True},
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="partnerships.actor",
                verbose_name="merged into",
            ),
        ),
        migrations.AlterField(
            model_name="historicaladoption",
            name="adopted_from",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                limit_choices_to={"merged_into__isnull": True},
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="partnerships.partnership",
                verbose_name="adopted from",
            ),
        ),
        migrations.AlterField(
            model_name="historicalcitation",
            name="source",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                limit_choices_to={"merged_into__isnull": True},
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="partnerships.source",
                verbose_name="source",
            ),
        ),
        migrations.AlterField(
            model_name="historicalmilestone",
            name="source",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                limit_choices_to={"merged_into__isnull": True},
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="partnerships.source",
                verbose_name="source",
            ),
        ),
        migrations.AlterField(
            model_name="historicaloutcome",
            name="source",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                limit_choices_to={"merged_into__isnull": True},
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="partnerships.source",
                verbose_name="source",
            ),
        ),
        migrations.AlterField(
            model_name="historicalparticipation",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                limit_choices_to={"merged_into__isnull": True},
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="partnerships.actor",
                verbose_name="place or organisation",
            ),
        ),
        migrations.AlterField(
            model_name="milestone",
            name="source",
            field=models.ForeignKey(
                blank=True,
                limit_choices_to={"merged_into__isnull": True},
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="milestones",
                to="partnerships.source",
                verbose_name="source",
            ),
        ),
        migrations.AlterField(
            model_name="outcome",
            name="source",
            field=models.ForeignKey(
                blank=True,
                limit_choices_to={"merged_into__isnull": True},
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="outcomes",
                to="partnerships.source",
                verbose_name="source",
            ),
        ),
        migrations.AlterField(
            model_name="participation",
            name="actor",
            field=models.ForeignKey(
                limit_choices_to={"merged_into__isnull": True},
                on_delete=django.db.models.deletion.PROTECT,
                related_name="participations",
                to="partnerships.actor",
                verbose_name="place or organisation",
            ),
        ),
        migrations.AlterField(
            model_name="historicalregisterentry",
            name="partnership",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                limit_choices_to={"merged_into__isnull": True},
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="partnerships.partnership",
                verbose_name="partnership",
            ),
        ),
        migrations.AlterField(
            model_name="registerentry",
            name="partnership",
            field=models.ForeignKey(
                blank=True,
                limit_choices_to={"merged_into__isnull": True},
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="register_entries",
                to="partnerships.partnership",
                verbose_name="partnership",
            ),
        ),
        migrations.AddConstraint(
            model_name="actor",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("merged_into", models.F("pk")), _negated=True),
                    ("merged_into__isnull", True),
                    _connector="OR",
                ),
                name="actor_not_merged_into_itself",
            ),
        ),
        migrations.AddConstraint(
            model_name="actor",
            constraint=models.CheckConstraint(
                condition=models.Q(("merged_into__isnull", True), ("publication", "archived"), _connector="OR"),
                name="actor_merged_is_archived",
            ),
        ),
        migrations.AddConstraint(
            model_name="partnership",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("merged_into", models.F("pk")), _negated=True),
                    ("merged_into__isnull", True),
                    _connector="OR",
                ),
                name="partnership_not_merged_into_itself",
            ),
        ),
        migrations.AddConstraint(
            model_name="partnership",
            constraint=models.CheckConstraint(
                condition=models.Q(("merged_into__isnull", True), ("publication", "archived"), _connector="OR"),
                name="partnership_merged_is_archived",
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("merged_into", models.F("pk")), _negated=True),
                    ("merged_into__isnull", True),
                    _connector="OR",
                ),
                name="source_not_merged_into_itself",
            ),
        ),
        migrations.AddField(
            model_name="merge",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merges",
                to=settings.AUTH_USER_MODEL,
                verbose_name="by",
            ),
        ),
        migrations.AddField(
            model_name="merge",
            name="undoes",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="undone_by",
                to="partnerships.merge",
                verbose_name="undoes",
            ),
        ),
        migrations.AddField(
            model_name="notduplicate",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="told_apart",
                to=settings.AUTH_USER_MODEL,
                verbose_name="by",
            ),
        ),
        migrations.AddIndex(
            model_name="merge",
            index=models.Index(fields=["kind", "duplicate"], name="merge_of_duplicate"),
        ),
        migrations.AddConstraint(
            model_name="merge",
            constraint=models.CheckConstraint(
                condition=models.Q(("duplicate", models.F("into")), _negated=True), name="merge_of_two_records"
            ),
        ),
        migrations.AddConstraint(
            model_name="merge",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["partnerships", "actors", "sources"])), name="merge_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="notduplicate",
            constraint=models.UniqueConstraint(fields=("kind", "first", "second"), name="not_duplicate_once"),
        ),
        migrations.AddConstraint(
            model_name="notduplicate",
            constraint=models.CheckConstraint(
                condition=models.Q(("first__lt", models.F("second"))), name="not_duplicate_smaller_key_first"
            ),
        ),
        migrations.AddConstraint(
            model_name="notduplicate",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["partnerships", "actors", "sources"])), name="not_duplicate_kind_known"
            ),
        ),
    ]
