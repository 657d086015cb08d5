import { afterAll, beforeAll, expect, it } from 'vitest';
import { administratorsEntry } from '../support/administrators.js';
import { blueprint, DUMMY, flowEntries, tokenEntry, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { type GatewayRoute, gatewayRoutes } from '../support/gateway-routes.js';
import { describeWithNats } from '../support/nats.js';
import { recordedEvents } from '../support/recorded-events.js';

const PLAIN = 'a-token-of-root-that-nobody-guesses-0123456789abcdef'; // not-a-secret
const INSTANCES = '/api/v3/flows/instances';
/** The routes that a token with the scope `flows` may request. */
const FLOW_ROUTES = [
  'GET :slug/diagram/',
  'GET :slug/export/',
  'GET :slug/funnel/',
  'GET :slug/rollout/',
  'GET :slug/versions/',
  'GET :slug/versions/:from/diff/:to/',
  'POST :slug/publish/',
  'POST :slug/rollback/',
  'POST :slug/versions/:number/publish/',
  'POST :slug/versions/:number/rollout/',
  'POST apply/',
  'POST check/',
  'POST compare/',
  'POST draft/',
  'POST import/',
].map((route) => route.replace(' ', ` ${INSTANCES}/`));
/** Public routes that authenticate the user of a request themselves. */
const SELF_AUTHENTICATED = ['/api/v3/flows/executor/:flow_slug/', '/flows/-/configure/:stage/'];
/** Routes whose Authorization header has the credentials of a client, or an access token. */
const OF_CLIENTS = ['/application/o/device/', '/application/o/par/', '/application/o/userinfo/'];

const greeting = (title: string) => blueprint(flowEntries('greeting', [DUMMY], { title }));
const nameOf = ({ method, path }: GatewayRoute) => `${method} ${path}`;

describeWithNats('an API token with the scope flows', () => {
  let deployment: Deployment;
  let otherGateway: string;
  let key: string;
  beforeAll(async () => {
    deployment = await Deployment.open({
      // Only the newest API line has all routes.
      apiVersion: '2026.8',
      services: ['blueprints', 'consent'],
      gateway: { ANONYMOUS_RATE: '0' },
      blueprints: [
        blueprint(userEntry('root'), administratorsEntry('root'), tokenEntry('root', PLAIN)),
        greeting('One'),
      ],
    });
    otherGateway = await deployment.openAnotherGateway();
    key = await createToken('deploy');
  });
  afterAll(() => deployment?.close());

  const createToken = (name: string) =>
    deployment.user(['create-token', 'root', name, '--scope', 'flows', '--days', '1']);
  interface Options {
    readonly token?: string;
    readonly body?: unknown;
    /** The address of the gateway. */
    readonly at?: string;
  }
  async function request(method: string, path: string, { token, body, at = deployment.url }: Options = {}) {
    const headers = { ...(token && { authorization: `Bearer ${token}` }), 'content-type': 'application/json' };
    const init = {
      method: method === 'ALL' ? 'GET' : method,
      headers,
      redirect: 'manual' as const,
      ...(body ? { body: JSON.stringify(body) } : {}),
    };
    const response = await fetch(`${at}${path}`, init);
    const text = await response.text();
    const isJson = text !== '' && response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, text, body: isJson ? (JSON.parse(text) as { code?: string }) : {} };
  }
  const read = (token: string, at = deployment.url) => request('GET', `${INSTANCES}/greeting/versions/`, { token, at });
  const readAtBoth = (token: string) => Promise.all([read(token), read(token, otherGateway)]);
  /** Requests a route with made-up parameters. */
  const requestRoute = ({ method, path }: GatewayRoute, token?: string) => {
    const url = path
      .replace(/:slug$/, ':slug/')
      .replace(/:slug|:flow_slug/g, 'greeting')
      .replace(/:\w+|\*\w*/g, '1');
    const body = ['GET', 'HEAD', 'ALL'].includes(method) ? undefined : {};
    return request(method, url, { ...(token && { token }), body });
  };

  it('reads, drafts, publishes, rolls back and exports flows at any gateway', async () => {
    const post = (at: string, path: string, body: unknown = {}) =>
      request('POST', `${INSTANCES}/${path}`, { token: key, body, at });
    const newer = { model: 'authentik_stages_email.emailstage', identifiers: { name: 'mail' } };
    const recovery = blueprint({ ...newer, attrs: { recovery_max_attempts: 3 } });
    expect((await post(deployment.url, 'check/', { blueprint: recovery })).body).toMatchObject({ errors: 0 });
    const draft = await post(deployment.url, 'draft/', { blueprint: greeting('Two') });
    expect(draft.body).toMatchObject({ drafts: [{ number: 2 }] });
    expect((await post(otherGateway, 'greeting/publish/')).body).toMatchObject({ number: 2, before: 1 });
    expect((await post(deployment.url, 'greeting/rollback/')).body).toMatchObject({ number: 1, before: 2 });
    const applied = await post(otherGateway, 'apply/', { blueprint: greeting('Three') });
    expect(applied.body).toMatchObject({ changed: true });
    expect((await readAtBoth(key)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await request('GET', `${INSTANCES}/greeting/export/`, { token: key })).text).toContain('Three');
  });

  it('is named by its id in the audit event of a change, with its user and its scope', async () => {
    const [{ id } = { id: '' }] = await deployment.rows<{ id: string }>(
      `SELECT id FROM directory.tokens WHERE identifier = 'deploy'`,
    );
    const [event] = await recordedEvents(deployment, 'flow_published');
    expect(event?.data.actor).toEqual({
      ...{ type: 'api_token', uuid: expect.any(String), username: 'root' },
      token: { pk: id, scope: 'flows' },
    });
    expect(JSON.stringify(event)).not.toContain(key);
  });

  it('is accepted by the routes of flows and by no other', async () => {
    const routes = gatewayRoutes();
    expect(
      routes
        .filter(({ scope }) => scope === 'flows')
        .map(nameOf)
        .sort(),
    ).toEqual([...FLOW_ROUTES].sort());
    expect(routes.length).toBeGreaterThan(80);
    const answers: Record<string, unknown> = {};
    for (const route of routes) answers[nameOf(route)] = await classOf(route);
    expect(answers).toEqual(Object.fromEntries(routes.map((route) => [nameOf(route), expectedClass(route)])));
  });

  const expectedClass = ({ access, path, scope }: GatewayRoute) => {
    if (scope === 'flows') return 'accepted';
    if (OF_CLIENTS.includes(path)) return '401';
    if (path === '/if/flow/:slug/') return '403';
    return access === 'public' && !SELF_AUTHENTICATED.includes(path) ? 'as without a token' : '403 token_scope';
  };
  async function classOf(route: GatewayRoute): Promise<string> {
    const { status, body } = await requestRoute(route, key);
    if (body.code === 'token_scope') return `${status} token_scope`;
    if (route.scope === 'flows') return status === 403 || status >= 500 ? `${status} ${body.code}` : 'accepted';
    if (status === 401 || status === 403) return String(status);
    const anonymous = await requestRoute(route);
    return status === anonymous.status && body.code === anonymous.body.code ? 'as without a token' : `${status}`;
  }

  it('authenticates no outpost', async () => {
    await deployment.rows(`UPDATE directory.users SET type = 'internal_service_account' WHERE username = 'root'`);
    const headers = { 'x-authentik-remote-ip': '203.0.113.9', 'x-authentik-outpost-token': key };
    const ignored = deployment.says('gateway', /outpost_headers_ignored.*not the token of an outpost/);
    await fetch(`${deployment.url}/api/v3/root/config/`, { headers });
    await ignored;
    expect(deployment.output('gateway')).not.toContain('"203.0.113.9"');
  });

  it('does not change what a token without a scope can do: it reads flows, and cannot change them', async () => {
    expect((await read(PLAIN)).status).toBe(200);
    const apply = { token: PLAIN, body: { blueprint: greeting('Never') } };
    expect(await request('POST', `${INSTANCES}/apply/`, apply)).toMatchObject({
      status: 403,
      body: { code: 'token_scope' },
    });
    expect((await request('GET', '/api/v3/core/users/me/', { token: PLAIN })).status).toBe(200);
  });

  it('is refused at every gateway once it is revoked or has expired', async () => {
    const [revoked, expired] = [await createToken('revoked'), await createToken('expired')];
    for (const token of [revoked, expired])
      expect((await readAtBoth(token)).map(({ status }) => status)).toEqual([200, 200]);
    await deployment.user(['revoke-token', 'revoked']);
    await deployment.rows(`UPDATE directory.tokens SET expires = now() WHERE identifier = 'expired'`);
    const refused = { status: 403, body: { code: 'token_invalid' } };
    for (const token of [revoked, expired]) expect(await readAtBoth(token)).toMatchObject([refused, refused]);
  });

  it('is refused while its user is locked, and once its user is no superuser any more', async () => {
    await deployment.user(['lock', 'root']);
    const refused = { status: 403, body: { code: 'token_invalid' } };
    expect(await readAtBoth(key)).toMatchObject([refused, refused]);
    await deployment.user(['unlock', 'root']);
    expect((await readAtBoth(key)).map(({ status }) => status)).toEqual([200, 200]);
    await deployment.rows('UPDATE directory.groups SET is_superuser = false');
    for (const path of ['greeting/versions/', 'greeting/diagram/', 'greeting/export/'])
      expect(await request('GET', `${INSTANCES}/${path}`, { token: key })).toMatchObject({
        ...{ status: 403, body: { code: 'permission_denied' } },
      });
    const apply = { token: key, body: { blueprint: greeting('Never') } };
    expect((await request('POST', `${INSTANCES}/apply/`, apply)).body).toMatchObject({ code: 'permission_denied' });
  });
});
