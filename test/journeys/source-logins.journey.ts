import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, keyOf, LOGIN, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { describeInChromium, useChromium } from '../support/chromium.js';
import { Deployment } from '../support/deployment.js';
import { FakeOpenIdProvider } from '../support/fake-openid-provider.js';
import { OpenIdProvider } from '../support/openid-provider.js';
import { PlexServer } from '../support/plex-server.js';
import { writing } from '../support/prompts.js';

const CALLBACK = '/source/oauth/callback';

const { privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

const FROM_ANOTHER_SITE = { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' } };

const ENROLLMENT = { designation: 'enrollment' };

const FLOWS = { authentication_flow: keyOf('known'), enrollment_flow: keyOf('new') };

const oauth = (slug: string, attrs: object) => ({
  model: 'authentik_sources_oauth.oauthsource',
  id: `source ${slug}`,
  identifiers: { slug },
  attrs: {
    ...{
      name: `Log in by ${slug}`,
      provider_type: 'openidconnect',
      consumer_key: 'gatehouse',
      consumer_secret: 'hush hush',
    },
    ...FLOWS,
    ...attrs,
  },
});

describeInChromium('people who sign in elsewhere', () => {
  let house: Deployment;
  let there: OpenIdProvider;
  let apple: FakeOpenIdProvider;
  let plex: PlexServer;
  const chromium = useChromium();

  beforeAll(async () => {
    [plex, apple] = await Promise.all([PlexServer.open(), FakeOpenIdProvider.open()]);
    house = await Deployment.open({
      services: ['identification', 'enrollment', 'session'],
      environment: { SOURCE_HOSTS: '127.0.0.1', PLEX_URL: plex.url },
      blueprints: [],
    });
    const redirect_uris = ['hub', 'mail'].map((slug) => `${house.url}${CALLBACK}/${slug}/`);
    there = await OpenIdProvider.open({ client_id: 'gatehouse', client_secret: 'hush hush', redirect_uris });
    await house.apply(sources());
  });
  afterAll(async () => {
    await house?.close();
    await Promise.all([there, apple, plex].map((provider) => provider?.close()));
  });
  beforeEach(() => {
    there.person = {
      sub: 'n-1',
      preferred_username: 'nina',
      name: 'Nina',
      email: 'nina@example.org',
      email_verified: true,
    };
  });

  function sources() {
    const oidc_well_known_url = `${there.url}/.well-known/openid-configuration`;
    const at = (slugs: string[]) => slugs.map((slug) => keyOf(`source ${slug}`));
    const identification = 'identification.identificationstage';
    return blueprint(
      userEntry('bob'),
      ...[flowEntries('known', [LOGIN]), flowEntries('new', [writing('always_create'), LOGIN], ENROLLMENT)],
      oauth('hub', { oidc_well_known_url }),
      oauth('mail', { oidc_well_known_url, user_matching_mode: 'email_link' }),
      oauth('apple', {
        ...{ provider_type: 'apple', consumer_key: 'org.example.login;TEAM;KEY', consumer_secret: privateKey },
        oidc_well_known_url: `${apple.url}/.well-known/openid-configuration`,
      }),
      {
        model: 'authentik_sources_plex.plexsource',
        identifiers: { slug: 'plex' },
        attrs: { name: 'Plex', plex_token: 'owner', ...FLOWS },
      },
      flowEntries('login', [
        { stage: identification, attrs: { user_fields: [], show_source_labels: true, sources: at(['hub', 'mail']) } },
      ]),
      flowEntries('apples', [{ stage: identification, attrs: { user_fields: [], sources: at(['apple']) } }]),
    );
  }

  const me = async (browser: Browser) =>
    ((await browser.fetch('/api/v3/core/users/me/')).body['user'] as { username?: string } | undefined)?.username;

  /** Sets out, logs in there, and has what is to be brought back. */
  async function away(browser: Browser, slug: string): Promise<string> {
    const sent = await browser.fetch(`/source/oauth/login/${slug}/`);
    const callback = `${house.url}${CALLBACK}/${slug}/`;
    const answer = await there.walk(sent.headers.get('location') ?? '', callback);
    return `${CALLBACK}/${slug}/?${new URLSearchParams(answer)}`;
  }

  /** Follows to the end of the flow that an answer leads to. */
  async function follow(browser: Browser, to: string): Promise<string | undefined> {
    const [path = '', query = ''] = to.split('?');
    await browser.show(path.split('/')[3] ?? '', query);
    return me(browser);
  }

  it('press a button, and are here: enrolled at first, known from then on', async () => {
    for (const name of ['Nina', 'Nina, of another name by now']) {
      there.person = { ...there.person, name, preferred_username: name };
      const { page, complaints } = await chromium.open();
      await page.goto(`${house.url}/if/flow/login/?next=%2Fif%2Fuser%2F%3Fafter`);
      await page.getByText('Log in by hub').click();
      await page.waitForURL(`${house.url}/if/user/?after`);
      expect(await page.textContent('main')).toContain('You are signed in as Nina.');
      expect(complaints).toEqual([]);
    }
  });

  it('are those whose address it is, where a source links by that', async () => {
    there.person = { sub: 'b-1', preferred_username: 'robert', email: 'bob@example.org', email_verified: true };
    const browser = house.browser();
    const back = await browser.fetch(await away(browser, 'mail'));
    expect(await follow(browser, back.headers.get('location') ?? '')).toBe('bob');
  });

  it('are asked nothing more when they come back by a navigation from another site', async () => {
    const browser = house.browser();
    const back = await browser.fetch(await away(browser, 'hub'), FROM_ANOTHER_SITE);
    const led = await browser.fetch(back.headers.get('location') ?? '', FROM_ANOTHER_SITE);
    expect([led.status, led.headers.get('location')]).toEqual([303, '/if/user/']);
    expect(await me(browser)).toBe('Nina');
  });

  it('come back once, to the browser that set out (accident 39)', async () => {
    const browser = house.browser();
    const address = await away(browser, 'hub');
    expect((await house.browser().fetch(address)).text).toContain('State check failed.');
    expect((await browser.fetch(address)).status).toBe(302);
    expect((await browser.fetch(address)).text).toContain('State check failed.');
  });

  it('bring nothing but text', async () => {
    const posted = await house.browser().fetch(`${CALLBACK}/hub/`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: '{"state":{"toString":1},"user":["x"],"code":"c"}',
    });
    expect([posted.status, posted.headers.get('location')]).toEqual([303, `${CALLBACK}/hub/?code=c`]);
  });

  describe('at Apple', () => {
    interface Button {
      readonly challenge: Readonly<Record<'client_id' | 'redirect_uri' | 'scope' | 'state', string>>;
    }

    it('sign in by its script and its form, in any of the tabs that show its button', async () => {
      apple.metadata = { userinfo_endpoint: undefined };
      const browser = house.browser();
      const shown = async () => ((await browser.show('apples')).body['sources'] as Button[])[0]!.challenge;
      const [first, second] = [await shown(), await shown()];
      expect(first).toMatchObject({ client_id: 'org.example.login', scope: 'name email' });
      expect(second.state).not.toBe(first.state);
      const answer = apple.authorize(`${apple.url}/authorize?${new URLSearchParams(first)}`);
      const posted = await house.browser().fetch(new URL(first.redirect_uri).pathname, {
        method: 'POST',
        headers: {
          ...FROM_ANOTHER_SITE.headers,
          ...{ 'content-type': 'application/x-www-form-urlencoded', origin: 'https://appleid.apple.com' },
        },
        body: new URLSearchParams({ ...answer, user: '{"name":{"firstName":"Adam","lastName":"A"}}' }).toString(),
      });
      const back = await browser.fetch(posted.headers.get('location') ?? '', FROM_ANOTHER_SITE);
      expect(back.headers.get('location')).toContain('/if/flow/new/');
      const led = await browser.fetch(back.headers.get('location') ?? '', FROM_ANOTHER_SITE);
      expect(led.text).not.toContain('ak-stage-consent');
    });
  });

  describe('at Plex', () => {
    it('sign in by the token that its page brings, if they are friends', async () => {
      plex.accounts.set('owner', { id: 1, username: 'owner', friends: [{ id: 2, status: 'accepted' }] });
      plex.accounts.set('friend', { id: 2, username: 'petra' });
      plex.accounts.set('stranger', { id: 3, username: 'mallory' });
      const redeem = (browser: Browser, plex_token: string) =>
        browser.fetch('/api/v3/sources/plex/redeem_token/?slug=plex', {
          ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
          body: JSON.stringify({ plex_token }),
        });
      expect((await redeem(house.browser(), 'stranger')).status).toBe(403);
      const petra = house.browser();
      const { to } = (await redeem(petra, 'friend')).body as { to: string };
      expect(await follow(petra, to)).toBe('petra');
    });
  });

  it('are let in by no source that was switched off while they were away (accident 46)', async () => {
    const browser = house.browser();
    const address = await away(browser, 'mail');
    await house.apply(blueprint({ ...oauth('mail', {}), attrs: { enabled: false } }));
    expect((await browser.fetch(address)).status).toBe(404);
    expect(await me(browser)).toBeUndefined();
  });
});
