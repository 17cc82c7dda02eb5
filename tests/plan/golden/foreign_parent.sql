-- create, parent first
CREATE FOREIGN DATA WRAPPER "any";
ALTER FOREIGN DATA WRAPPER "any" OWNER TO postgres;
CREATE SERVER place FOREIGN DATA WRAPPER "any";
ALTER SERVER place OWNER TO postgres;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER "any";
ALTER SERVER elsewhere OWNER TO postgres;
CREATE FOREIGN TABLE "x c"."parent t" (
    id integer
) SERVER place;
ALTER FOREIGN TABLE "x c"."parent t" OWNER TO postgres;
CREATE FOREIGN TABLE "x c"."a child" (
    id integer
) SERVER place;
ALTER FOREIGN TABLE "x c"."a child" INHERIT "x c"."parent t";
ALTER FOREIGN TABLE "x c"."a child" OWNER TO postgres;

-- add a column to both
ALTER FOREIGN TABLE "x c"."a child" NO INHERIT "x c"."parent t";
ALTER FOREIGN TABLE "x c"."parent t" ADD COLUMN extra text;
ALTER FOREIGN TABLE "x c"."a child" ADD COLUMN extra text;
ALTER FOREIGN TABLE "x c"."a child" INHERIT "x c"."parent t";

-- drop one of both
ALTER FOREIGN TABLE "x c"."a child" NO INHERIT "x c"."parent t";
ALTER FOREIGN TABLE "x c"."parent t" DROP COLUMN id;
ALTER FOREIGN TABLE "x c"."a child" DROP COLUMN id;
ALTER FOREIGN TABLE "x c"."a child" INHERIT "x c"."parent t";

-- drop the parent only
ALTER FOREIGN TABLE "x c"."a child" NO INHERIT "x c"."parent t";
DROP FOREIGN TABLE "x c"."parent t" CASCADE;

-- drop
DROP FOREIGN TABLE "x c"."a child" CASCADE;
