-- Issues of a tracker, over HTTP. A superuser runs this.
CREATE EXTENSION exclave_fdw;
SELECT exclave.create_wrapper('http', 'exclave.wrappers.http:Http');

-- what may be asked for: nothing, before a superuser says it
ALTER FOREIGN DATA WRAPPER http OPTIONS (ADD allow 'http://127.0.0.1:8020/api/');

CREATE SERVER tracker FOREIGN DATA WRAPPER http
    OPTIONS (url 'http://127.0.0.1:8020/api', paging 'next', next 'links.next');
CREATE USER MAPPING FOR CURRENT_USER SERVER tracker OPTIONS (token 'a-token-of-the-tracker');

CREATE FOREIGN TABLE issue (
    id bigint,
    state text OPTIONS (parameter 'state'),
    title text,
    author text OPTIONS (path 'author.login'),
    labels text[]
) SERVER tracker OPTIONS (path 'issues', rows 'items');
