from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partnerships", "0011_entering"),
    ]

    operations = [
        migrations.AddField(
            model_name="directoryversion",
            name="known_since",
            # Without a default: SQLite would make the table anew, which triggers of all others name.
            field=models.BigIntegerField(null=True),
        ),
    ]
