-- Python functions as tables. A superuser runs this.
CREATE EXTENSION exclave_fdw;
SELECT exclave.create_wrapper('python', 'exclave.wrappers.python:Functions');

-- only functions of these modules can be read, and only those with @table before them
ALTER FOREIGN DATA WRAPPER python OPTIONS (ADD modules 'calendars');

CREATE SERVER calendars FOREIGN DATA WRAPPER python;
IMPORT FOREIGN SCHEMA calendars FROM SERVER calendars INTO public;
