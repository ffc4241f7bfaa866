"""Nothing yet."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [('foyer', '0007_firms_words')]
    operations = []
