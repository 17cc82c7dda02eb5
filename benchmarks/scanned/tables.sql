SELECT exclave.create_wrapper('by_rows', 'bench_rows:Rows');
SELECT exclave.create_wrapper('by_arrow', 'bench_arrow:Arrow');
CREATE SERVER rows FOREIGN DATA WRAPPER by_rows;
CREATE SERVER arrow FOREIGN DATA WRAPPER by_arrow;
CREATE TABLE heap (id bigint, small int, ratio float8, label text, moment timestamptz);
CREATE TABLE heap_wide (
    LIKE heap,
    price numeric(12, 2), weight numeric, amount numeric(10, 4), key uuid, day date,
    document jsonb, settings jsonb, tags text[], numbers int[], active bool, maybe bool,
    note text, local timestamp, short smallint, code varchar(20)
);
