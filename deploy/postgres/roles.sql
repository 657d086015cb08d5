-- A role for each service that keeps or reads rows, with no more than its statements need. Run after every migration,
-- in one transaction, by `node dist/apps/cli/src/roles.js`, which also sets the passwords. What a role was
-- granted before and is not granted here is taken from it.
DO $$
DECLARE
  service text;
BEGIN
  FOREACH service IN ARRAY ARRAY[
    'gatehouse_gateway', 'gatehouse_captcha', 'gatehouse_consent', 'gatehouse_courier', 'gatehouse_enrollment',
    'gatehouse_identification', 'gatehouse_mfa',
    'gatehouse_password', 'gatehouse_policy'
  ] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', service);
    END IF;
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA directory, flow, captcha, consent, enrollment, identification, mfa FROM %I', service);
    EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA directory, identification, mfa FROM %I', service);
    EXECUTE format('REVOKE ALL ON SCHEMA directory, flow, captcha, consent, enrollment, identification, mfa FROM %I', service);
  END LOOP;
END $$;

-- The gateway owns what happens in flows. What flows are is published by the blueprint command, not by the gateway.
GRANT USAGE ON SCHEMA flow TO gatehouse_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA flow TO gatehouse_gateway;
REVOKE INSERT, UPDATE, DELETE ON flow.flows, flow.flow_versions, flow.brand_sets, flow.oauth_clients FROM gatehouse_gateway;
REVOKE ALL ON flow.objects, flow.migrations, flow.mailed FROM gatehouse_gateway;

-- Of the directory it reads views. The functions of one run as whoever asks, so the tables they read are named too.
GRANT USAGE ON SCHEMA directory TO gatehouse_gateway, gatehouse_enrollment, gatehouse_identification, gatehouse_mfa,
  gatehouse_password, gatehouse_policy;
GRANT SELECT ON directory.identities, directory.user_attributes, directory.api_tokens, directory.user_groups,
  directory.groups TO gatehouse_gateway;

-- Invitations are made, changed and taken back through its API, which says who made them.
GRANT SELECT, INSERT (name, expires, fixed_data, single_use, flow_id, id, created_by),
  UPDATE (name, expires, fixed_data, single_use, flow_id), DELETE ON directory.invitations TO gatehouse_gateway;
GRANT SELECT (id, pk, last_login) ON directory.users TO gatehouse_gateway;

-- It tells an administrator whom nobody has logged in as yet (docs/adr/0033): whether there is a password, never the hash.
GRANT EXECUTE ON FUNCTION directory.has_password TO gatehouse_gateway;

-- The gateway drives flows, so it permits a service to change or delete a superuser, or to set up a device of one or connect
-- one with a source, in a flow's step (docs/adr/0035).
GRANT EXECUTE ON FUNCTION directory.permit_superuser TO gatehouse_gateway;

-- Identification finds people and never sees what proves who they are.
GRANT SELECT (id, pk, username, name, email, is_active, epoch, attributes) ON directory.users
  TO gatehouse_identification;

-- Sources are published by the blueprint command, secrets sealed under keys that identification has not. Who came from them is
-- identification's; the gateway looks up who somebody is, connects who is logged in, and lists and removes as they say.
GRANT USAGE ON SCHEMA identification TO gatehouse_identification, gatehouse_gateway;
GRANT SELECT ON identification.sources TO gatehouse_identification, gatehouse_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON identification.done TO gatehouse_identification;
GRANT SELECT, DELETE ON identification.connections TO gatehouse_gateway;
GRANT EXECUTE ON FUNCTION identification.connect TO gatehouse_identification, gatehouse_gateway;
GRANT EXECUTE ON FUNCTION directory.follow_source_groups TO gatehouse_identification;

-- Devices are their service's own. Of people it reads who somebody is that a device has told of. The gateway sees devices
-- without what is secret about them, and renames and removes them as their owner says; policies learn whether there is one.
GRANT USAGE ON SCHEMA mfa TO gatehouse_mfa, gatehouse_gateway, gatehouse_policy;
GRANT SELECT, INSERT, UPDATE, DELETE ON mfa.devices, mfa.codes, mfa.sends TO gatehouse_mfa;
GRANT SELECT (id, pk, username, name, email, is_active, epoch, attributes) ON directory.users TO gatehouse_mfa;
GRANT SELECT ON mfa.owned_devices TO gatehouse_gateway;
GRANT EXECUTE ON FUNCTION mfa.rename_device, mfa.remove_device TO gatehouse_gateway;
GRANT EXECUTE ON FUNCTION mfa.has_device TO gatehouse_policy;

-- The password stage reads hashes. It can only replace an outdated hash that it names, by a current one (docs/adr/0035).
GRANT SELECT (id, is_active, password_hash) ON directory.users TO gatehouse_password;
GRANT EXECUTE ON FUNCTION directory.replace_hash TO gatehouse_password;
GRANT SELECT (id, identifier, key_hash, intent, user_id, expires, expiring) ON directory.tokens TO gatehouse_password;

-- Policies may ask for anything about people but what proves who they are; of a hash, whether there is one, and that it be
-- taken away. Of what the gateway keeps they read what logins have made of names and addresses.
GRANT SELECT (id, pk, username, name, email, is_active, epoch, type, path, attributes, date_joined, last_login,
  password_changed_at) ON directory.users TO gatehouse_policy;
GRANT SELECT ON directory.groups, directory.user_groups TO gatehouse_policy;
GRANT EXECUTE ON FUNCTION directory.has_password, directory.expire_password TO gatehouse_policy;
GRANT USAGE ON SCHEMA flow TO gatehouse_policy;
GRANT SELECT (identifier, ip, score, expires_at) ON flow.reputation TO gatehouse_policy;

-- The courier sends what is in the outbox, and notes logins that it tells of.
GRANT USAGE ON SCHEMA flow, directory TO gatehouse_courier;
GRANT SELECT, INSERT, UPDATE, DELETE ON flow.outbox, flow.mailed TO gatehouse_courier;
GRANT SELECT (id, last_login), UPDATE (last_login) ON directory.users TO gatehouse_courier;

-- Enrolment creates, changes and deletes users, writes a hash and never sees one. The trigger users_guarded keeps it from
-- superusers, and directory.join_groups from the groups that make superusers (docs/adr/0035).
GRANT USAGE ON SCHEMA enrollment TO gatehouse_enrollment;
GRANT SELECT, INSERT, UPDATE, DELETE ON enrollment.done TO gatehouse_enrollment;
GRANT SELECT (id, pk, username, name, email, is_active, epoch, attributes),
  INSERT (username, name, email, is_active, awaits_flow, type, path, attributes, password_hash),
  UPDATE (username, name, email, attributes, password_hash, epoch, password_changed_at), DELETE
  ON directory.users TO gatehouse_enrollment;
GRANT EXECUTE ON FUNCTION directory.join_groups TO gatehouse_enrollment;
-- One for a single use is removed by whoever uses it.
GRANT SELECT, DELETE ON directory.invitations TO gatehouse_enrollment;
-- An email stage makes an account active that waits for it.
GRANT SELECT (id, is_active, awaits_flow), UPDATE (is_active) ON directory.users TO gatehouse_enrollment;

-- Captchas remember which tokens were accepted.
GRANT USAGE ON SCHEMA captcha TO gatehouse_captcha;
GRANT SELECT, INSERT, UPDATE, DELETE ON captcha.spent TO gatehouse_captcha;

-- Consents, codes of devices and their tokens are their service's own. The gateway lists and revokes consents, as their user
-- says, and with them the tokens.
GRANT USAGE ON SCHEMA consent TO gatehouse_consent, gatehouse_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON consent.grants, consent.done TO gatehouse_consent;
GRANT SELECT, INSERT, UPDATE, DELETE ON consent.device_codes, consent.access_tokens TO gatehouse_consent;
GRANT SELECT ON consent.code_keys TO gatehouse_consent;
GRANT SELECT, DELETE ON consent.grants TO gatehouse_gateway;
GRANT SELECT (user_id, application_id), DELETE ON consent.access_tokens TO gatehouse_gateway;
