"""Django's command line for one deployment: `PGDATABASE=nl_sales python manage.py migrate`."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "production.settings")
    execute_from_command_line(sys.argv)
