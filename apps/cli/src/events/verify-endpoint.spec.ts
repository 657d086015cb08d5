import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SigningKeys } from '@gatehouse/platform';
import { createLocalJWKSet, type JWTVerifyResult, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../../../test/support/commands.js';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const JWT_SIGNING_KEYS = `k1:${privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')}`;
const jwks = createLocalJWKSet({ keys: [...new SigningKeys(JWT_SIGNING_KEYS).publicKeys] });
const ISSUER = 'https://login.example.org/application/o/shop/';

let server: Server;
let received: JWTVerifyResult | undefined;
let answer = { status: 202, body: '' };
beforeAll(async () => {
  server = createServer((request, response) => {
    void text(request)
      .then((token) => jwtVerify(token, jwks, { issuer: ISSUER, audience: 'shop', typ: 'secevent+jwt' }))
      .then((verified) => {
        received = verified;
        response.writeHead(answer.status).end(answer.body);
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const verify = (name: string) => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const set = { issuer: ISSUER, audience: 'shop' };
  const WEBHOOKS = JSON.stringify([
    { name: 'shop', url, set, enabled: false },
    { name: 'siem', url, secrets: [`whsec_${Buffer.alloc(32).toString('base64')}`] },
  ]);
  return runCli('events', ['verify', name], { env: { WEBHOOKS, WEBHOOK_HOSTS: '127.0.0.1', JWT_SIGNING_KEYS } });
};

it('npm run events -- verify sends a verification event about the stream, even to an endpoint that is not enabled yet', async () => {
  expect(await verify('shop')).toMatchObject({ code: 0, stdout: 'shop has accepted the verification event\n' });
  expect(received?.payload).toEqual({
    ...{ iss: ISSUER, aud: 'shop', iat: expect.any(Number), jti: expect.any(String) },
    sub_id: { format: 'opaque', id: 'shop' },
    events: { 'https://schemas.openid.net/secevent/ssf/event-type/verification': {} },
  });
});

it('npm run events -- verify prints why the receiver has refused the event', async () => {
  answer = { status: 400, body: '{"err":"invalid_audience","description":"not us"}' };
  const { code, stderr } = await verify('shop');
  expect([code, stderr]).toEqual([
    1,
    'events: shop has not accepted the verification event: status 400: invalid_audience\n',
  ]);
});

it('npm run events -- verify refuses an endpoint that gets no security events', async () => {
  for (const name of ['siem', 'nobody'])
    expect((await verify(name)).stderr).toBe(`events: WEBHOOKS has no endpoint ${name} with \`set\`\n`);
});
