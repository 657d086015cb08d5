import { Logger, NatsBus } from '@gatehouse/platform';
import { serveStages } from '@gatehouse/stage-kit';
import { stagesOf } from '@gatehouse/stages/modules';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  blueprint,
  DUMMY,
  EMAIL,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { type Browser, usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { FakeProviderService } from '../support/fake-provider-service.js';
import { hiddenFields, post, submit } from '../support/forms.js';
import { Mailbox } from '../support/mailbox.js';
import { describeWithNats } from '../support/nats.js';
import { navigate } from '../support/navigation.js';
import { migratedDatabase } from '../support/postgres.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';
import { readMail } from '../support/read-mail.js';
import { oauthEntry } from '../support/sources.js';

const DELETION = '/if/flow/delete/';
const NEXT = new URLSearchParams({ next: DELETION }).toString();
const SET_UP = { designation: 'stage_configuration', authentication: 'require_authenticated' };
const TOTP = { stage: 'authenticator_totp.authenticatortotpstage', attrs: { digits: '6' } };

describeWithNats('links of another site', () => {
  let deployment: Deployment;
  let mailbox: Mailbox;
  let provider: FakeProviderService;
  let identification: Awaited<ReturnType<typeof serveStages>>['service'];
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    const database = await migratedDatabase();
    deployment = await Deployment.open({
      database,
      services: ['password', 'session', 'enrollment', 'mfa', 'courier'],
      environment: mailbox.settings,
      blueprints: [flows()],
    });
    // This process serves the stages of `identification`. The real service is not started, because it would also reply
    // to requests on the NATS subjects `sources.*`, to which only the fake provider service must reply.
    vi.stubEnv('DATABASE_URL', database.url);
    const served = {
      name: 'identification',
      logger: new Logger(),
      bus: new NatsBus({ NATS_URL: deployment.nats.url }),
    };
    identification = (await serveStages({ ...served, modules: await stagesOf('identification') })).service;
    provider = await FakeProviderService.open(deployment.nats.url);
  }, 120_000);
  afterAll(async () => {
    await provider?.close();
    await identification?.close();
    await deployment?.close();
    await mailbox?.close();
    vi.unstubAllEnvs();
  });

  function flows() {
    return blueprint(
      ...['ben', 'cleo', 'dan', 'eve', 'finn', 'gina'].map((name) => userEntry(name)),
      flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
      flowEntries('delete', [{ stage: 'user_delete.userdeletestage' }], { ...SET_UP, designation: 'unenrollment' }),
      flowEntries('app', [DUMMY, { ...TOTP, attrs: { ...TOTP.attrs, configure_flow: keyOf('app') } }], SET_UP),
      flowEntries('code', [DUMMY], SET_UP),
      flowEntries('known', [DUMMY, LOGIN]),
      flowEntries('new', [writing('always_create'), LOGIN], { designation: 'enrollment' }),
      oauthEntry('hub'),
      {
        model: 'authentik_brands.brand',
        identifiers: { domain: 'authentik-default' },
        attrs: { default: true, flow_authentication: keyOf('login'), flow_device_code: keyOf('code') },
      },
      fieldEntry('new', ['password', 'password']),
      flowEntries('back', [IDENTIFICATION, EMAIL, asking('new', ['password']), writing('never_create'), LOGIN], {
        designation: 'recovery',
      }),
    );
  }

  const userExists = async (name: string) =>
    (await deployment.rows('SELECT FROM directory.users WHERE username = $1', [name])).length === 1;

  async function loggedIn(username: string): Promise<Browser> {
    const browser = deployment.browser();
    for (const answer of [{ uid_field: username }, { password: 'correct-horse-7' }])
      await browser.solve('login', answer);
    expect(await usernameOf(browser)).toBe(username);
    return browser;
  }

  /** Starts a login at the source and returns the response to the callback of the provider. */
  async function viaSource(browser: Browser, query: string, site: 'cross-site' | 'same-origin') {
    const headers = { 'sec-fetch-site': site };
    const sent = await browser.fetch(`/source/oauth/login/hub/${query}`, { headers });
    const state = new URL(sent.headers.get('location') ?? '').searchParams.get('state') ?? '';
    const callback = `/source/oauth/callback/hub/?${new URLSearchParams({ state, code: 'c' })}`;
    return navigate(browser, callback, { site: 'cross-site' });
  }

  describe('cannot delete an account by their `next` destination', () => {
    it('after a login at a source', async () => {
      provider.returnUser('b1');
      await viaSource(await loggedIn('ben'), '', 'same-origin');
      const victim = deployment.browser();
      const page = await viaSource(victim, `?${NEXT}`, 'cross-site');
      const loggedInPage = await post(victim, page.address, await hiddenFields(victim, page.address));
      expect(await usernameOf(victim)).toBe('ben');

      await navigate(victim, loggedInPage.headers.get('location') ?? '', { site: 'same-origin' });
      expect(await userExists('ben')).toBe(true);
    });

    it('after a recovery that the attacker requested and the victim completed by mail', async () => {
      const attacker = deployment.browser();
      await attacker.show('back', NEXT);
      await attacker.solve('back', { uid_field: 'cleo' }, NEXT);
      const { link } = readMail(await mailbox.mailTo('cleo@example.org'));
      const page = link.pathname + link.search;
      const victim = deployment.browser();
      await navigate(victim, page, { site: 'none' });
      const confirmed = await post(victim, page, await hiddenFields(victim, page));
      const form = confirmed.headers.get('location') ?? page;
      const loggedInPage = await submit(victim, form, { password: 'another-horse-8' });
      expect(await usernameOf(victim)).toBe('cleo');

      await navigate(victim, loggedInPage.headers.get('location') ?? '', { site: 'same-origin' });
      expect(await userExists('cleo')).toBe(true);
    });

    it.each(['/if/fl%6Fw/delete/', '/IF/flow/delete/', '/if/user/../flow/delete/', '/if/%66low/delete/?cross%5Fsite'])(
      'after a login, however the path is encoded: %s',
      async (next) => {
        await deployment.apply(blueprint(userEntry('nick')));
        const victim = deployment.browser();
        const entry = await navigate(victim, `/if/flow/login/?${new URLSearchParams({ next })}`, {
          site: 'cross-site',
        });
        await submit(victim, entry.address, { uid_field: 'nick' });
        const loggedInPage = await submit(victim, entry.address, { password: 'correct-horse-7' });
        expect(await usernameOf(victim)).toBe('nick');

        const destination = new URL(loggedInPage.headers.get('location') ?? '', 'http://x.invalid');
        await navigate(victim, destination.pathname + destination.search, { site: 'same-origin' });
        expect(await userExists('nick')).toBe(true);
      },
    );
  });

  it('to /device are still marked as `cross_site` after the login', async () => {
    const victim = deployment.browser();
    const entry = await navigate(victim, '/device?code=12345678', { site: 'cross-site' });
    await submit(victim, entry.address, { uid_field: 'finn' });
    const loggedInPage = await submit(victim, entry.address, { password: 'correct-horse-7' });
    expect(loggedInPage.headers.get('location')).toBe('/device?code=12345678&cross_site=1');
  });

  describe('do not cancel a running flow', () => {
    it.each(['itoken', 'token'])('with another %s', async (name) => {
      const victim = deployment.browser();
      await victim.solve('login', { uid_field: 'dan' });
      await navigate(victim, `/if/flow/login/?${name}=x`, { site: 'cross-site' });
      expect((await victim.show('login')).body).toMatchObject({ component: 'ak-stage-password', pending_user: 'dan' });
    });

    it('by an address that starts a flow for the user', async () => {
      const victim = await loggedIn('eve');
      const [stage] = await deployment.rows<{ id: string }>(
        `SELECT id FROM flow.objects WHERE (identifiers || attrs)->>'name' = 'app 1 authenticator_totp.authenticatortotpstage'`,
      );
      for (const [flow, address] of [
        ['app', `/flows/-/configure/${stage!.id}/`],
        ['code', '/device'],
      ] as const) {
        await navigate(victim, address, { site: 'same-origin' });
        const next = (await victim.solve(flow, {})).body['component'];
        expect(next).not.toBe('ak-stage-dummy');
        await navigate(victim, address, { site: 'cross-site' });
        expect((await victim.show(flow)).body['component']).toBe(next);
        await navigate(victim, address, { site: 'same-origin' });
        expect((await victim.show(flow)).body['component']).toBe('ak-stage-dummy');
      }
    });
  });

  it.each(['sec-purpose', 'purpose'])('change nothing in a prefetch with the header %s', async (name) => {
    const victim = await loggedIn('gina');
    await navigate(victim, DELETION, { site: 'same-origin', headers: { [name]: 'prefetch' } });
    expect(await userExists('gina')).toBe(true);
  });
});
