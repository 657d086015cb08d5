import { createRemoteJWKSet } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { siteEntries } from '../support/forward-auth.js';
import { clientEntries } from '../support/oauth-device.js';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        flowEntries('plain', [], { designation: 'authorization' }),
        clientEntries('radio', { flow: 'plain' }),
        siteEntries('wiki'),
      ),
    ],
    services: [],
  });
}, 120_000);
afterAll(() => deployment?.close());

const jwks = (slug: string, base = deployment.url) => fetch(`${base}/application/o/${slug}/jwks/`);

describe('the keys of applications', () => {
  it.each(['radio', 'wiki'])('are published for %s as a key set that the library jose reads', async (slug) => {
    const response = await jwks(slug);
    expect(response.status).toBe(200);
    const { keys } = (await response.json()) as { keys: object[] };
    expect(keys).toEqual([
      { kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: 'test', x: expect.any(String), y: expect.any(String) },
    ]);
    const remote = createRemoteJWKSet(new URL(`${deployment.url}/application/o/${slug}/jwks/`));
    expect(await remote({ alg: 'ES256', kid: 'test' })).toMatchObject({ type: 'public' });
  });

  it('return 404 for an unknown application, and at a gateway without JWT_SIGNING_KEYS', async () => {
    expect((await jwks('nothing')).status).toBe(404);
    expect((await jwks('%00')).status).toBe(404);
    const without = await deployment.openAnotherGateway({ JWT_SIGNING_KEYS: '' });
    expect((await jwks('wiki', without)).status).toBe(404);
  });
});
