-- Lets PgBouncer look up the passwords of the services, so that it needs no list of them (deploy/postgres/pgbouncer.ini). Run
-- once in the database of Gatehouse as a superuser. Then set a password: ALTER ROLE pgbouncer PASSWORD '…'.
CREATE ROLE pgbouncer LOGIN;
CREATE SCHEMA pgbouncer;
GRANT USAGE ON SCHEMA pgbouncer TO pgbouncer;
-- Only the roles of services, and no superuser.
CREATE FUNCTION pgbouncer.find_role(name text) RETURNS TABLE (rolname name, rolpassword text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.rolname, r.rolpassword FROM pg_authid r
  WHERE r.rolname = name AND r.rolname LIKE 'gatehouse\_%' AND r.rolcanlogin AND NOT r.rolsuper
    AND (r.rolvaliduntil IS NULL OR r.rolvaliduntil > now())
$$;
REVOKE ALL ON FUNCTION pgbouncer.find_role FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pgbouncer.find_role TO pgbouncer;
