import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';

let deployment: Deployment;

/** The gateway trusts the tests as a proxy. */
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(userEntry('alice'), flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]), {
        model: 'authentik_brands.brand',
        identifiers: { domain: 'shop.example' },
        attrs: { branding_title: 'The Shop' },
      }),
    ],
    gateway: { TRUSTED_PROXIES: '127.0.0.1' },
  });
});
afterAll(() => deployment.close());

const post = (browser: ReturnType<Deployment['browser']>, body: unknown, headers: Record<string, string>) =>
  browser.fetch('/api/v3/flows/executor/login/?query=', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

describe('behind a trusted proxy', () => {
  it.each(['a', '1.2.3.4:5555', 'fe80::1%eth0', '::ffff:203.0.113.7', '999.999.1.1', '', 'unknown, 203.0.113.9'])(
    'a login succeeds with any value of X-Forwarded-For: %j',
    async (address) => {
      const browser = deployment.browser();
      const headers = { 'x-forwarded-for': address };
      await post(browser, { uid_field: 'alice' }, headers);

      expect((await post(browser, { password: 'correct-horse-7' }, headers)).body).toMatchObject({ to: '/' });
    },
  );

  it('cookies are Secure only when the visitor uses TLS', async () => {
    const cookies = async (proto: string) =>
      (await deployment.browser().fetch('/api/v3/flows/executor/login/', { headers: { 'x-forwarded-proto': proto } }))
        .setCookies;

    expect((await cookies('https')).every((line) => /; Secure/.test(line))).toBe(true);
    expect((await cookies('http')).some((line) => /; Secure/.test(line))).toBe(false);
  });

  it('the brand is selected by X-Forwarded-Host', async () => {
    const headers = { host: 'inner.example', 'x-forwarded-host': 'shop.example' };
    const { body } = await deployment.browser().fetch('/api/v3/core/brands/current/', { headers });

    expect(body).toMatchObject({ branding_title: 'The Shop' });
  });
});
