CASE WHEN pg_catalog.set_config(
              'exclave.omitted',
              pg_catalog.concat(pg_catalog.current_setting('exclave.omitted', true), {element}),
              true) IS NULL
     THEN NULL::{type} END
