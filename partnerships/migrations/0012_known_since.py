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
            field=models.BigIntegerField(db_default=0, default=0),
        ),
    ]
