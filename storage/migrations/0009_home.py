"""Nothing yet."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [('foyer', '0008_custom_domain')]
    operations = []
