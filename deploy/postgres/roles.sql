-- A role for each service that uses the database, with only the privileges that its statements need. Run after every migration,
-- in one transaction, by `node dist/apps/cli/src/roles.js`, which also stores the passwords and the settings of the roles
-- (docs/adr/0057). Privileges of a role that are not granted here are revoked.
DO $$
DECLARE
  service text;
BEGIN
  FOREACH service IN ARRAY ARRAY[
    'gatehouse_gateway', 'gatehouse_blueprints', 'gatehouse_captcha', 'gatehouse_consent', 'gatehouse_courier', 'gatehouse_enrollment',
    'gatehouse_identification', 'gatehouse_mfa',
    'gatehouse_password', 'gatehouse_policy'
  ] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', service);
    END IF;
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA directory, flow, captcha, consent, enrollment, identification, mfa FROM %I', service);
    EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA directory, flow, identification, mfa FROM %I', service);
    EXECUTE format('REVOKE TEMPORARY, CREATE ON DATABASE %I FROM %I', current_database(), service);
    EXECUTE format('REVOKE ALL ON SCHEMA directory, flow, captcha, consent, enrollment, identification, mfa FROM %I', service);
  END LOOP;
END $$;

-- Functions with the privileges of their owner must not meet temporary objects of their caller. Postgres looks up
-- tables and types in the temporary schema first, unless the path names that schema. Otherwise, a temporary view of a
-- service could run code with the privileges of the owner (privilege escalation).
DO $$
DECLARE
  called regprocedure;
BEGIN
  EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  FOR called IN
    SELECT oid FROM pg_proc
    WHERE pronamespace IN ('directory'::regnamespace, 'flow'::regnamespace, 'identification'::regnamespace, 'mfa'::regnamespace)
      AND proconfig @> ARRAY['search_path=pg_catalog']
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', called);
  END LOOP;
END $$;

-- The gateway writes sessions, plans and attempts. Flows are published by the blueprint command and by the service
-- `blueprints`, not by the gateway.
GRANT USAGE ON SCHEMA flow TO gatehouse_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA flow TO gatehouse_gateway;
REVOKE INSERT, UPDATE, DELETE ON flow.flows, flow.flow_versions, flow.releases, flow.brand_sets, flow.oauth_clients,
  flow.proxy_applications FROM gatehouse_gateway;
REVOKE ALL ON flow.objects, flow.applied_blueprints, flow.migrations, flow.mailed, flow.audit_events,
  flow.webhook_deliveries, flow.rollouts FROM gatehouse_gateway;

-- The gateway adds records of ended plans and reads them. It never changes a record. A function creates and drops the
-- partitions.
REVOKE UPDATE, DELETE ON flow.journeys FROM gatehouse_gateway;
DO $$
DECLARE
  partition regclass;
BEGIN
  FOR partition IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'flow.journeys'::regclass LOOP
    EXECUTE format('REVOKE ALL ON %s FROM gatehouse_gateway', partition);
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION flow.keep_journey_partitions TO gatehouse_gateway;

-- The gateway keeps the place of a login only if a policy of the blueprints needs it.
GRANT EXECUTE ON FUNCTION flow.needs_login_places TO gatehouse_gateway;

-- The gateway reads views of the directory. The functions that the view identities calls run with the caller's privileges,
-- so the gateway may also read their tables: user_groups and groups.
GRANT USAGE ON SCHEMA directory TO gatehouse_gateway, gatehouse_blueprints, gatehouse_enrollment, gatehouse_identification, gatehouse_mfa,
  gatehouse_password, gatehouse_policy;
-- A gateway of the previous version reads api_tokens, which has no scoped tokens.
GRANT SELECT ON directory.identities, directory.user_attributes, directory.scoped_api_tokens, directory.api_tokens,
  directory.user_groups, directory.groups TO gatehouse_gateway;

-- The gateway creates, changes and deletes invitations through its API, and records who created them.
GRANT SELECT, INSERT (name, expires, fixed_data, single_use, flow_id, id, created_by),
  UPDATE (name, expires, fixed_data, single_use, flow_id), DELETE ON directory.invitations TO gatehouse_gateway;
GRANT SELECT (id, pk, last_login) ON directory.users TO gatehouse_gateway;

-- The gateway deletes tokens some time after they have expired. It sees and deletes no other token.
GRANT EXECUTE ON FUNCTION directory.count_expired_tokens, directory.delete_expired_tokens TO gatehouse_gateway;

-- The gateway recognises an installation that waits for the set-up (docs/adr/0101). For that, it sees whether a user has or
-- had a password, never the hash.
GRANT EXECUTE ON FUNCTION directory.has_password TO gatehouse_gateway;

-- The gateway runs the flows, so it permits a service to change or delete a superuser, to enrol a device of a superuser, or to
-- link a superuser to a source, in a step of a flow (docs/adr/0035).
GRANT EXECUTE ON FUNCTION directory.permit_superuser TO gatehouse_gateway;

-- The gateway applies security events of other systems: it ends the sessions of a user, and deactivates users who are not
-- superusers (docs/adr/0111).
GRANT EXECUTE ON FUNCTION directory.apply_signal TO gatehouse_gateway;

-- Identification finds users and never sees credentials.
GRANT SELECT (id, pk, username, name, email, verified_email, is_active, epoch, attributes) ON directory.users
  TO gatehouse_identification;

-- The blueprint command publishes sources, with secrets that identification cannot decrypt. Identification owns the
-- connections of users to sources. The gateway looks up users by connection, and creates, lists and deletes the
-- connections of the logged-in user.
GRANT USAGE ON SCHEMA identification TO gatehouse_identification, gatehouse_gateway;
GRANT SELECT ON identification.sources TO gatehouse_identification, gatehouse_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON identification.done TO gatehouse_identification;
GRANT SELECT, DELETE ON identification.connections TO gatehouse_gateway;
GRANT EXECUTE ON FUNCTION identification.connect TO gatehouse_identification, gatehouse_gateway;
GRANT EXECUTE ON FUNCTION directory.follow_source_groups TO gatehouse_identification;

-- The mfa service owns devices, and reads the user of a device. The gateway reads devices without their secrets, and
-- renames and deletes them for their owner. Policies see whether a user has a device.
GRANT USAGE ON SCHEMA mfa TO gatehouse_mfa, gatehouse_gateway, gatehouse_policy;
GRANT SELECT, INSERT, UPDATE, DELETE ON mfa.devices, mfa.codes, mfa.sends TO gatehouse_mfa;
GRANT SELECT ON mfa.digest_keys TO gatehouse_mfa;
GRANT SELECT (id, pk, username, name, email, is_active, epoch, attributes) ON directory.users TO gatehouse_mfa;
GRANT SELECT ON mfa.owned_devices TO gatehouse_gateway;
GRANT EXECUTE ON FUNCTION mfa.rename_device, mfa.remove_device TO gatehouse_gateway;
GRANT EXECUTE ON FUNCTION mfa.has_device TO gatehouse_policy;

-- The password stage reads hashes. It can only replace a given outdated hash by a current one (docs/adr/0035).
GRANT SELECT (id, is_active, password_hash) ON directory.users TO gatehouse_password;
GRANT SELECT ON directory.password_ring, directory.password_ring_key TO gatehouse_password;
GRANT EXECUTE ON FUNCTION directory.replace_hash TO gatehouse_password;
-- The password stage compares new passwords with earlier ones.
GRANT SELECT (id, user_id, password_hash) ON directory.old_passwords TO gatehouse_password;
GRANT SELECT (id, identifier, key_hash, intent, user_id, expires, expiring) ON directory.tokens TO gatehouse_password;

-- Policies may read all data of users except credentials. Policies may see whether a user has a usable password,
-- and may make it unusable. Of the gateway's tables, policies read the reputation of usernames and IP addresses, and the places of
-- logins.
GRANT SELECT (id, pk, username, name, email, is_active, epoch, type, path, attributes, date_joined, last_login,
  password_changed_at) ON directory.users TO gatehouse_policy;
GRANT SELECT ON directory.groups, directory.user_groups TO gatehouse_policy;
GRANT EXECUTE ON FUNCTION directory.has_usable_password, directory.expire_password TO gatehouse_policy;
-- A policy service of the previous version calls has_password.
GRANT EXECUTE ON FUNCTION directory.has_password TO gatehouse_policy;
GRANT USAGE ON SCHEMA flow TO gatehouse_policy;
GRANT SELECT (identifier, ip, score, expires_at) ON flow.reputation TO gatehouse_policy;
GRANT SELECT ON flow.login_places TO gatehouse_policy;

-- The courier sends the mails and events of the outbox, keeps published events for a time, delivers them to webhook
-- endpoints, and records the time of each login.
GRANT USAGE ON SCHEMA flow, directory TO gatehouse_courier;
GRANT SELECT, INSERT, UPDATE, DELETE ON flow.outbox, flow.mailed, flow.webhook_deliveries TO gatehouse_courier;
-- The courier adds events and deletes those that are too old, and cannot change a kept event. Postgres requires UPDATE
-- on at least one column for FOR UPDATE SKIP LOCKED.
GRANT SELECT, INSERT (id, action, at, user_id, actor_id, plan_id, request_id, body), UPDATE (kept_at), DELETE
  ON flow.audit_events TO gatehouse_courier;
GRANT SELECT (id, last_login), UPDATE (last_login) ON directory.users TO gatehouse_courier;

-- Enrolment creates, changes and deletes users, and writes hashes but never reads them. The trigger users_guarded prevents
-- changes to superusers, and directory.join_groups prevents joining the groups of superusers (docs/adr/0035).
GRANT USAGE ON SCHEMA enrollment TO gatehouse_enrollment;
GRANT SELECT, INSERT, UPDATE, DELETE ON enrollment.done TO gatehouse_enrollment;
GRANT SELECT (id, pk, username, username_key, name, email, verified_email, is_active, epoch, attributes),
  INSERT (username, username_key, name, email, is_active, awaits_flow, type, path, attributes, password_hash),
  UPDATE (username, username_key, name, email, attributes, password_hash, epoch, password_changed_at), DELETE
  ON directory.users TO gatehouse_enrollment;
GRANT EXECUTE ON FUNCTION directory.join_groups TO gatehouse_enrollment;
-- The lockdown of an account deletes its tokens, and asks whether the visitor is a superuser (directory.is_superuser).
GRANT SELECT (user_id), DELETE ON directory.tokens TO gatehouse_enrollment;
GRANT SELECT ON directory.groups, directory.user_groups TO gatehouse_enrollment;
-- A single-use invitation is deleted when it is used.
GRANT SELECT, DELETE ON directory.invitations TO gatehouse_enrollment;
-- An email stage activates an account that waits for its mail (awaits_flow). Enrolment can only set verified_email to
-- the user's present address, through a function.
GRANT EXECUTE ON FUNCTION directory.verify_email TO gatehouse_enrollment;
GRANT SELECT (id, is_active, awaits_flow), UPDATE (is_active) ON directory.users TO gatehouse_enrollment;

-- The captcha stage stores accepted tokens to prevent replay.
GRANT USAGE ON SCHEMA captcha TO gatehouse_captcha;
GRANT SELECT, INSERT, UPDATE, DELETE ON captcha.spent TO gatehouse_captcha;

-- The consent service owns consents, device codes, authorization codes and their tokens. The gateway lists the consents of
-- a user, and revokes a consent together with its codes and tokens.
GRANT USAGE ON SCHEMA consent TO gatehouse_consent, gatehouse_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON consent.grants, consent.done TO gatehouse_consent;
GRANT SELECT, INSERT, UPDATE, DELETE ON consent.device_codes, consent.access_tokens,
  consent.authorization_requests TO gatehouse_consent;
GRANT SELECT ON consent.code_keys TO gatehouse_consent;
GRANT SELECT, DELETE ON consent.grants TO gatehouse_gateway;
GRANT SELECT (user_id, application_id), DELETE ON consent.access_tokens, consent.authorization_requests
  TO gatehouse_gateway;
GRANT SELECT (claimed_by, application_id, approved_epoch), DELETE ON consent.device_codes TO gatehouse_gateway;

-- The service `blueprints` publishes flows, with everything that is compiled from blueprint objects. Flows name users and groups,
-- so it may look them up. It cannot change them, and it sees no password hash, token or session.
GRANT USAGE ON SCHEMA flow, identification TO gatehouse_blueprints;
GRANT SELECT, INSERT, UPDATE, DELETE ON flow.objects, flow.flows, flow.flow_versions, flow.brand_sets,
  flow.oauth_clients, flow.proxy_applications, identification.sources TO gatehouse_blueprints;
GRANT SELECT, INSERT, UPDATE ON flow.applied_blueprints TO gatehouse_blueprints;
-- The log of publications is never changed; its oldest rows are deleted.
GRANT SELECT, INSERT, DELETE ON flow.releases TO gatehouse_blueprints;
-- A version that a plan or a mailed link uses is not deleted.
GRANT SELECT (version_id) ON flow.plans, flow.resume_tokens TO gatehouse_blueprints;
-- The guard of a rollout counts plans by version and network. It sees neither their sessions nor their contents.
GRANT SELECT, INSERT, UPDATE ON flow.rollouts TO gatehouse_blueprints;
GRANT SELECT (flow_id, version_id, begun_at, ended_at, outcome, network) ON flow.journeys TO gatehouse_blueprints;
GRANT SELECT (begun_at, progress, network) ON flow.plans TO gatehouse_blueprints;
GRANT SELECT (version_id, begun_at, network, revision) ON flow.unrecorded_plans TO gatehouse_blueprints;
GRANT INSERT ON flow.outbox TO gatehouse_blueprints;
GRANT SELECT (id, pk, username, name, email, is_active, type, path, attributes, epoch) ON directory.users
  TO gatehouse_blueprints;
GRANT SELECT ON directory.groups, directory.user_groups TO gatehouse_blueprints;

-- At its start, a service waits until its schema's table of migrations shows the newest migration of its version. It must
-- wait for the privileges on the new tables too, so the row policy shows only migrations that ran before this file.
DO $$
DECLARE
  migrated text;
  service text;
  newest int;
BEGIN
  FOREACH migrated IN ARRAY ARRAY['directory', 'flow', 'captcha', 'consent', 'enrollment', 'identification', 'mfa'] LOOP
    EXECUTE format('SELECT coalesce(max(id), 0) FROM %I.migrations', migrated) INTO newest;
    EXECUTE format('ALTER TABLE %I.migrations ENABLE ROW LEVEL SECURITY', migrated);
    EXECUTE format('DROP POLICY IF EXISTS granted ON %I.migrations', migrated);
    EXECUTE format('CREATE POLICY granted ON %I.migrations FOR SELECT USING (id <= %s)', migrated, newest);
    FOR service IN SELECT rolname FROM pg_roles WHERE rolname LIKE 'gatehouse\_%' LOOP
      IF has_schema_privilege(service, migrated, 'USAGE') THEN
        EXECUTE format('GRANT SELECT (id, "timestamp") ON %I.migrations TO %I', migrated, service);
      END IF;
    END LOOP;
  END LOOP;
END $$;
