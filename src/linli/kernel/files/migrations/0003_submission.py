from django.db import migrations, models


class Migration(migrations.Migration):
    """An upload that is sent again makes no second file."""

    dependencies = [("files", "0002_alter_attachment_stage")]

    operations = [
        migrations.AddField("file", "client_id", models.UUIDField(null=True, verbose_name="提交标识")),
        migrations.AddConstraint(
            "file", models.UniqueConstraint(fields=("client_id",), name="file_submission")
        ),
    ]
