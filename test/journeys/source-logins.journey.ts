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

describeInChromium('visitors who sign in at a source', () => {
  let deployment: Deployment;
  let openId: OpenIdProvider;
  let apple: FakeOpenIdProvider;
  let plex: PlexServer;
  const chromium = useChromium();

  beforeAll(async () => {
    [plex, apple] = await Promise.all([PlexServer.open(), FakeOpenIdProvider.open()]);
    deployment = await Deployment.open({
      services: ['identification', 'enrollment', 'session'],
      environment: { SOURCE_HOSTS: '127.0.0.1', PLEX_URL: plex.url },
      blueprints: [],
    });
    const redirect_uris = ['hub', 'mail'].map((slug) => `${deployment.url}${CALLBACK}/${slug}/`);
    openId = await OpenIdProvider.open({ client_id: 'gatehouse', client_secret: 'hush hush', redirect_uris });
    await deployment.apply(sources());
  });
  afterAll(async () => {
    await deployment?.close();
    await Promise.all([openId, apple, plex].map((provider) => provider?.close()));
  });
  beforeEach(() => {
    openId.person = {
      sub: 'n-1',
      preferred_username: 'nina',
      name: 'Nina',
      email: 'nina@example.org',
      email_verified: true,
    };
  });

  function sources() {
    const oidc_well_known_url = `${openId.url}/.well-known/openid-configuration`;
    const sourceKeys = (slugs: string[]) => slugs.map((slug) => keyOf(`source ${slug}`));
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
        id: 'source plex',
        identifiers: { slug: 'plex' },
        attrs: { name: 'Plex', plex_token: 'owner', ...FLOWS },
      },
      flowEntries('login', [
        {
          stage: identification,
          attrs: { user_fields: [], show_source_labels: true, sources: sourceKeys(['hub', 'mail']) },
        },
      ]),
      {
        model: 'authentik_brands.brand',
        identifiers: { domain: '127.0.0.1' },
        attrs: {
          flow_authentication: keyOf('login'),
          attributes: { gatehouse: { authentication_flow_only: true } },
        },
      },
      flowEntries(
        'apples',
        [{ stage: identification, attrs: { user_fields: [], sources: sourceKeys(['apple']) } }],
        ENROLLMENT,
      ),
      flowEntries(
        'plexes',
        [{ stage: identification, attrs: { user_fields: [], sources: sourceKeys(['plex']) } }],
        ENROLLMENT,
      ),
    );
  }

  const usernameOf = async (browser: Browser) =>
    ((await browser.fetch('/api/v3/core/users/me/')).body['user'] as { username?: string } | undefined)?.username;

  /** Signs in at the provider of a source. Returns the callback URL with the provider's parameters. */
  async function signInAtSource(browser: Browser, slug: string): Promise<string> {
    const redirect = await browser.fetch(`/source/oauth/login/${slug}/`);
    const callback = `${deployment.url}${CALLBACK}/${slug}/`;
    const answer = await openId.followTo(redirect.headers.get('location') ?? '', callback);
    return `${CALLBACK}/${slug}/?${new URLSearchParams(answer)}`;
  }

  /** Runs the flow of a redirect and returns the username afterwards. */
  async function follow(browser: Browser, to: string): Promise<string | undefined> {
    const [path = '', query = ''] = to.split('?');
    await browser.show(path.split('/')[3] ?? '', query);
    return usernameOf(browser);
  }

  it('are enrolled by the source button the first time, and logged in by it afterwards', async () => {
    for (const name of ['Nina', 'Nina, of another name by now']) {
      openId.person = { ...openId.person, name, preferred_username: name };
      const { page, complaints } = await chromium.open();
      await page.goto(`${deployment.url}/if/flow/login/?next=%2Fif%2Fuser%2F%3Fafter`);
      await page.getByText('Log in by hub').click();
      await page.waitForURL(`${deployment.url}/if/user/?after`);
      expect(await page.textContent('main')).toContain('You are signed in as Nina.');
      expect(complaints).toEqual([]);
    }
  });

  it('cannot open the login flow of a source by its address, because the brand does not name it', async () => {
    const { body } = await deployment.browser().show('known');
    expect(body).toMatchObject({ component: 'ak-stage-access-denied' });
  });

  it('are linked to a user by email address if the source is so configured', async () => {
    openId.person = { sub: 'b-1', preferred_username: 'robert', email: 'bob@example.org', email_verified: true };
    const browser = deployment.browser();
    const callback = await browser.fetch(await signInAtSource(browser, 'mail'));
    expect(await follow(browser, callback.headers.get('location') ?? '')).toBe('bob');
  });

  it('are logged in without a confirmation page when they return by a cross-site navigation', async () => {
    const browser = deployment.browser();
    const callback = await browser.fetch(await signInAtSource(browser, 'hub'), FROM_ANOTHER_SITE);
    const landing = await browser.fetch(callback.headers.get('location') ?? '', FROM_ANOTHER_SITE);
    expect([landing.status, landing.headers.get('location')]).toEqual([303, '/if/user/']);
    expect(await usernameOf(browser)).toBe('Nina');
  });

  it('can return once, and only in the browser that started the login (accident 39)', async () => {
    const browser = deployment.browser();
    const address = await signInAtSource(browser, 'hub');
    expect((await deployment.browser().fetch(address)).text).toContain('State check failed.');
    expect((await browser.fetch(address)).status).toBe(302);
    expect((await browser.fetch(address)).text).toContain('State check failed.');
  });

  it('can post strings only: the callback drops other values', async () => {
    const redirect = await deployment.browser().fetch(`${CALLBACK}/hub/`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: '{"state":{"toString":1},"user":["x"],"code":"c"}',
    });
    expect([redirect.status, redirect.headers.get('location')]).toEqual([303, `${CALLBACK}/hub/?code=c`]);
  });

  describe('at Apple', () => {
    interface Button {
      readonly challenge: Readonly<Record<'client_id' | 'redirect_uri' | 'scope' | 'state', string>>;
    }

    it('sign in by Apple’s script and form post, even in the first of two tabs that show the button', async () => {
      apple.metadata = { userinfo_endpoint: undefined };
      const browser = deployment.browser();
      const appleChallenge = async () => ((await browser.show('apples')).body['sources'] as Button[])[0]!.challenge;
      const [challenge, secondChallenge] = [await appleChallenge(), await appleChallenge()];
      expect(challenge).toMatchObject({ client_id: 'org.example.login', scope: 'name email' });
      expect(secondChallenge.state).not.toBe(challenge.state);
      const answer = apple.authorize(`${apple.url}/authorize?${new URLSearchParams(challenge)}`);
      const redirect = await deployment.browser().fetch(new URL(challenge.redirect_uri).pathname, {
        method: 'POST',
        headers: {
          ...FROM_ANOTHER_SITE.headers,
          ...{ 'content-type': 'application/x-www-form-urlencoded', origin: 'https://appleid.apple.com' },
        },
        body: new URLSearchParams({ ...answer, user: '{"name":{"firstName":"Adam","lastName":"A"}}' }).toString(),
      });
      const callback = await browser.fetch(redirect.headers.get('location') ?? '', FROM_ANOTHER_SITE);
      expect(callback.headers.get('location')).toContain('/if/flow/new/');
      const landing = await browser.fetch(callback.headers.get('location') ?? '', FROM_ANOTHER_SITE);
      expect(landing.text).not.toContain('ak-stage-consent');
    });
  });

  describe('at Plex', () => {
    it('sign in with a Plex token if they are friends of the owner', async () => {
      plex.accounts.set('owner', { id: 1, username: 'owner', friends: [{ id: 2, status: 'accepted' }] });
      plex.accounts.set('friend', { id: 2, username: 'petra' });
      plex.accounts.set('token-of-mallory', { id: 3, username: 'mallory' });
      const redeem = (browser: Browser, plex_token: string) =>
        browser.fetch('/api/v3/sources/plex/redeem_token/?slug=plex', {
          ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
          body: JSON.stringify({ plex_token }),
        });
      expect((await redeem(deployment.browser(), 'token-of-mallory')).status).toBe(403);
      const petra = deployment.browser();
      const { to } = (await redeem(petra, 'friend')).body as { to: string };
      expect(await follow(petra, to)).toBe('petra');
    });

    it('see why the page could not sign them in, and can try again', async () => {
      plex.accounts.set('owner', { id: 1, username: 'owner', friends: [{ id: 4, status: 'accepted' }] });
      plex.accounts.set('token-of-mallory', { id: 3, username: 'mallory' });
      plex.accounts.set('other friend', { id: 4, username: 'paul' });
      const { page } = await chromium.open();
      let authToken: string | null = null;
      await page.route('https://plex.tv/api/v2/pins**', (route) =>
        route.fulfill({ json: { id: 1, code: 'pin', authToken }, headers: { 'access-control-allow-origin': '*' } }),
      );
      // Imitates a browser that blocks the first popup.
      await page.addInitScript(() => {
        const { open } = window;
        window.open = () => ((window.open = open), null);
      });
      await page.goto(`${deployment.url}/if/flow/plexes/`);
      const signIn = () => page.getByRole('button', { name: 'Continue with Plex' }).click();
      await signIn();
      await signIn();
      await page.getByText('Signing in did not work.').waitFor();
      authToken = 'token-of-mallory';
      await signIn();
      await page.getByText('Access denied.').waitFor();
      authToken = 'other friend';
      await signIn();
      await page.waitForURL(`${deployment.url}/if/user/`);
      expect(await page.textContent('main')).toContain('You are signed in as paul.');
    });
  });

  it('cannot log in by a source that was disabled in the meantime (accident 46)', async () => {
    const browser = deployment.browser();
    const address = await signInAtSource(browser, 'mail');
    await deployment.apply(blueprint({ ...oauth('mail', {}), attrs: { enabled: false } }));
    expect((await browser.fetch(address)).status).toBe(404);
    expect(await usernameOf(browser)).toBeUndefined();
  });
});
