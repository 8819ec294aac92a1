from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """The badge does not go through what quiet hours hold back: a night of a busy unit."""

    dependencies = [("notices", "0002_unread_by_recipient")]
    operations = [
        migrations.AddIndex(
            "notice",
            models.Index(
                fields=["to_unit", "deliver_after"],
                name="notice_unit_due",
                condition=Q(to_unit__isnull=False, is_read=False),
            ),
        ),
        migrations.AddIndex(
            "notice",
            models.Index(
                fields=["to_post", "deliver_after"],
                name="notice_post_due",
                condition=Q(to_post__isnull=False, is_read=False),
            ),
        ),
    ]
