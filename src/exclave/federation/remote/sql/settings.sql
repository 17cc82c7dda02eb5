SELECT s.name, s.setting
  FROM pg_temp.exclave_settings AS s
 WHERE s.name = ANY (ARRAY['server_version_num', 'server_encoding'])
