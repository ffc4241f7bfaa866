"""Nothing yet."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [('foyer', '0006_brand')]
    operations = []
