// node-oidc-provider on Postgres. The login is an interaction with a password, and every client has consent.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import pg from 'pg';
import { hashPassword, verifyPassword } from './hash.mjs';

const { DATABASE_URL, PORT, USERS, PASSWORD, REDIRECT_URI } = process.env;

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 });
await pool.query(`
  CREATE TABLE users (name text PRIMARY KEY, password_hash text NOT NULL);
  CREATE TABLE models (model text, id text, payload jsonb NOT NULL, uid text, grant_id text, user_code text,
    expires_at timestamptz, consumed_at timestamptz, PRIMARY KEY (model, id));
  CREATE INDEX models_uid ON models (uid) WHERE uid IS NOT NULL;
  CREATE INDEX models_grant ON models (grant_id) WHERE grant_id IS NOT NULL`);
const stored = await hashPassword(PASSWORD);
await pool.query(`INSERT INTO users SELECT 'user-' || i, $2 FROM generate_series(0, $1::int - 1) i`, [USERS, stored]);

const run = (name, text, values) => pool.query({ name, text, values });
const payloadOf = ({ rows: [row] }) =>
  row && { ...row.payload, ...(row.consumed_at ? { consumed: Math.floor(row.consumed_at / 1000) } : {}) };
const UNEXPIRED = '(expires_at IS NULL OR expires_at > now())';

/** Stores each model of node-oidc-provider as one row, with named statements. */
class PostgresAdapter {
  constructor(model) {
    this.model = model;
  }
  async upsert(id, payload, expiresIn) {
    const { uid, grantId, userCode } = payload;
    await run(
      'upsert',
      `INSERT INTO models (model, id, payload, uid, grant_id, user_code, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7))
       ON CONFLICT (model, id) DO UPDATE SET payload = excluded.payload, uid = excluded.uid,
         grant_id = excluded.grant_id, expires_at = excluded.expires_at`,
      [this.model, id, payload, uid, grantId, userCode, expiresIn],
    );
  }
  async find(id) {
    const text = `SELECT payload, consumed_at FROM models WHERE model = $1 AND id = $2 AND ${UNEXPIRED}`;
    return payloadOf(await run('find', text, [this.model, id]));
  }
  async findByUid(uid) {
    const text = `SELECT payload, consumed_at FROM models WHERE model = $1 AND uid = $2 AND ${UNEXPIRED}`;
    return payloadOf(await run('find_uid', text, [this.model, uid]));
  }
  async consume(id) {
    const text = 'UPDATE models SET consumed_at = now() WHERE model = $1 AND id = $2';
    await run('consume', text, [this.model, id]);
  }
  async destroy(id) {
    await run('destroy', 'DELETE FROM models WHERE model = $1 AND id = $2', [this.model, id]);
  }
  async revokeByGrantId(grantId) {
    await run('revoke', 'DELETE FROM models WHERE grant_id = $1', [grantId]);
  }
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  adapter: PostgresAdapter,
  clients: [
    { client_id: 'bench', token_endpoint_auth_method: 'none', redirect_uris: [REDIRECT_URI], response_types: ['code'] },
  ],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'bench', alg: 'RS256', use: 'sig' }] },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
  ttl: { Interaction: 3600, Session: 86_400, Grant: 86_400, AuthorizationCode: 60 },
  findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  // Grants the scope without a consent page.
  loadExistingGrant: async ({ oidc }) => {
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope('openid');
    await grant.save();
    return grant;
  },
});

const FORM =
  '<!doctype html><title>Log in</title><form method="post"><input name="user"><input name="password"></form>';

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

/** Answers an interaction: GET shows the form, POST verifies the password and continues the authorization. */
async function interact(request, response) {
  await provider.interactionDetails(request, response);
  if (request.method === 'GET') return void response.writeHead(200, { 'content-type': 'text/html' }).end(FORM);
  const { user, password } = await bodyOf(request);
  const { rows } = await run('user_find', 'SELECT password_hash FROM users WHERE name = $1', [user]);
  if (!rows[0] || !(await verifyPassword(rows[0].password_hash, password)))
    return void response.writeHead(401).end('the password is wrong');
  await provider.interactionFinished(request, response, { login: { accountId: user } });
}

const serve = provider.callback();
createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) return void serve(request, response);
  interact(request, response).catch((error) => response.writeHead(500).end(String(error)));
}).listen(Number(PORT), '127.0.0.1', () => process.stdout.write('serving\n'));
