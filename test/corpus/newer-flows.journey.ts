import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SoftwareAuthenticator } from '../../libs/stages/testing/software-authenticator.js';
import { usernameOf } from '../support/browser.js';
import { OauthApplication } from '../support/oauth-application.js';
import { OpenIdProvider } from '../support/openid-provider.js';
import { SiteverifyServer } from '../support/siteverify.js';
import { FlowWalker, hasShipped, LOGIN, pair, RIGHT } from './flow-walker.js';

const SHOP = { secret: 'a-secret-of-an-application', redirectUri: 'https://shop.example.org/back' }; // not-a-secret
const CAPTCHA_KEY = 'hush-hush-hush'; // not-a-secret
const DENIED = { component: 'ak-stage-access-denied' };
const STAGE = hasShipped
  ? {
      identification: 'default-authentication-identification',
      validate: 'default-authentication-mfa-validation',
      captcha: 'default-authentication-flow-captcha',
    }
  : {
      identification: `${LOGIN} 0 identification.identificationstage`,
      validate: `${LOGIN} 2 authenticator_validate.authenticatorvalidatestage`,
      captcha: `${LOGIN} 3 captcha.captchastage`,
    };

/** Runs the blueprints of authentik if BLUEPRINT_CORPUS_2026 names them, else flows with the same constructs. */
describe('a flow like those that authentik 2026.8 ships', () => {
  let walker: FlowWalker;
  beforeAll(async () => {
    walker = await FlowWalker.open(['bea', 'dido', 'fay', 'gil', 'hope', 'joan']);
  }, 120_000);
  afterAll(() => walker?.close());

  it('asks for the code of an authenticator app at each login after its set-up', async () => {
    const code = await walker.setUpTotp('bea');
    const client = await walker.login('bea');
    const devices = [{ device_class: 'totp' }];
    expect(client.challenge).toMatchObject({
      ...{ component: 'ak-stage-authenticator-validate', device_challenges: devices },
    });
    await client.submit({ code });
    expect(await walker.userAtEnd(client)).toBe('bea');
  });

  it('accepts a passkey as the second factor, or as the whole login if the first step offers it', async () => {
    const ceremony = (options: unknown) => {
      const { challenge, rp, rpId } = options as { challenge: string; rp?: { id: string }; rpId?: string };
      return { challenge, origin: walker.deployment.url, rpId: rp?.id ?? rpId ?? '' };
    };
    const passkey = new SoftwareAuthenticator();
    const first = await walker.asUser('dido', 'default-authenticator-webauthn-setup');
    await first.submit({ response: passkey.create(ceremony(first.challenge['registration']), { uv: true }) });
    expect(await walker.userAtEnd(first)).toBe('dido');
    const second = await walker.login('dido');
    const [device] = second.challenge['device_challenges'] as { challenge: unknown }[];
    await second.submit({ webauthn: passkey.get(ceremony(device?.challenge), { uv: true }) });
    expect(await walker.userAtEnd(second)).toBe('dido');

    await walker.deployment.apply(`version: 1
entries:
  - model: authentik_stages_identification.identificationstage
    identifiers: { name: ${STAGE.identification} }
    attrs:
      webauthn_stage: !Find [authentik_stages_authenticator_validate.authenticatorvalidatestage, [name, ${STAGE.validate}]]
`);
    const third = await walker.visit(LOGIN);
    await third.submit({ passkey: passkey.get(ceremony(third.challenge['passkey_challenge']), { uv: true }) });
    expect(await walker.userAtEnd(third)).toBe('dido');
  });

  it('lets users change their details, and refuses a username and an address of others', async () => {
    const client = await walker.asUser('fay', 'default-user-settings-flow');
    const mine = { username: 'fay', name: 'Fay', email: 'fay@example.org', 'attributes.settings.locale': 'de' };
    await client.submit({ ...mine, email: 'root@example.org' });
    expect(client.errors).toEqual(['Not allowed to change email address.']);
    await client.submit({ ...mine, username: 'toor' });
    expect(client.errors).toEqual(['Not allowed to change username.']);
    await client.submit(mine);
    expect(await walker.userAtEnd(client)).toBe('fay');
    const { body } = await client.browser.fetch('/api/v3/core/users/me/');
    expect(body['user']).toMatchObject({ name: 'Fay', settings: { locale: 'de' } });
  });

  it('asks for the consent to an application once, and names the application at the logout from it', async () => {
    const flow = (slug: string) => `!Find [authentik_flows.flow, [slug, ${slug}]]`;
    const application = (name: string, authorization: string) => `
  - model: authentik_providers_oauth2.oauth2provider
    id: ${name}
    identifiers: { name: ${name} }
    attrs:
      client_id: ${name}
      client_secret: ${SHOP.secret}
      authorization_flow: ${flow(`default-provider-authorization-${authorization}-consent`)}
      invalidation_flow: ${flow('default-provider-invalidation-flow')}
      redirect_uris: [{ matching_mode: strict, url: "${SHOP.redirectUri}" }]
  - model: authentik_core.application
    identifiers: { slug: ${name} }
    attrs: { name: The ${name}, provider: !KeyOf ${name} }`;
    const applications = application('shop', 'explicit') + application('wiki', 'implicit');
    await walker.deployment.apply(`version: 1\nentries:${applications}\n`);
    const client = walker.visitor();
    const authorize = async (name: string) => {
      const oauth = await OauthApplication.discover(walker.deployment, { name, ...SHOP });
      await client.go((await oauth.push()).path);
    };
    await authorize('shop');
    await client.submit({ uid_field: 'hope' });
    await client.submit({ password: RIGHT });
    const flowInfo = { title: 'Redirecting to The shop' };
    expect(client.challenge).toMatchObject({ component: 'ak-stage-consent', flow_info: flowInfo });
    await client.submit({ token: client.challenge['token'] });
    for (const name of ['shop', 'wiki']) {
      expect(client.address).toMatch(/^https:\/\/shop\.example\.org\/back\?code=/);
      await authorize(name);
    }
    expect(client.address).toMatch(/^https:\/\/shop\.example\.org\/back\?code=/);
    await client.go('/application/o/shop/end-session/');
    expect(client.challenge).toMatchObject({
      ...{ component: 'ak-stage-session-end', application_name: 'The shop' },
      flow_info: { title: expect.stringContaining('The shop.') },
    });
    expect(await usernameOf(client.browser)).toBe('hope');
    await client.click(String(client.challenge['invalidation_flow_url']));
    expect(await walker.userAtEnd(client)).toBeUndefined();
  });

  it('asks a user of a source only for a missing username, and denies visitors without a source', async () => {
    const callback = '/source/oauth/callback/hub/';
    const provider = await OpenIdProvider.open({
      ...{ client_id: 'gatehouse', client_secret: 'hush hush' },
      redirect_uris: [walker.deployment.url + callback],
    });
    await walker.deployment.apply(`version: 1
entries:
  - model: authentik_sources_oauth.oauthsource
    identifiers: { slug: hub }
    attrs:
      name: Hub
      provider_type: openidconnect
      consumer_key: gatehouse
      consumer_secret: hush hush
      oidc_well_known_url: ${provider.url}/.well-known/openid-configuration
      authentication_flow: !Find [authentik_flows.flow, [slug, default-source-authentication]]
      enrollment_flow: !Find [authentik_flows.flow, [slug, default-source-enrollment]]
`);
    const arrive = async (person: OpenIdProvider['person']) => {
      provider.person = person;
      const client = walker.visitor();
      await client.go('/source/oauth/login/hub/');
      const parameters = await provider.followTo(client.address, walker.deployment.url + callback);
      await client.go(`${callback}?${new URLSearchParams(parameters).toString()}`);
      return client;
    };
    try {
      const nameless = { sub: 'n-1', email: 'tess@example.org' };
      const enrolled = await arrive(nameless);
      expect(enrolled.challenge).toMatchObject({ component: 'ak-stage-prompt', fields: [{ field_key: 'username' }] });
      await enrolled.submit({ username: 'tess' });
      expect(await walker.userAtEnd(enrolled)).toBe('tess');
      expect(await walker.userAtEnd(await arrive(nameless))).toBe('tess');
      expect(await walker.userAtEnd(await arrive({ sub: 'n-2', preferred_username: 'una' }))).toBe('una');
      for (const slug of ['default-source-enrollment', 'default-source-authentication'])
        expect(await walker.lastOf(await walker.visit(slug))).toMatchObject(DENIED);
    } finally {
      await provider.close();
    }
  });

  it('asks for the second factor after the mailed link of a recovery', async () => {
    await walker.apply('flows-recovery-email-mfa-verification');
    const code = await walker.setUpTotp('joan');
    const client = await walker.visit('default-recovery-flow');
    await client.submit({ uid_field: 'joan' });
    expect(await walker.lastOf(client)).toMatchObject({ component: 'ak-stage-email' });
    const reader = await walker.followMail('joan');
    expect(reader.challenge).toMatchObject({ component: 'ak-stage-authenticator-validate' });
    await reader.submit({ code });
    expect(reader.challenge).toMatchObject({ component: 'ak-stage-prompt', fields: [{}, {}] });
    await reader.submit(pair('second-pass-2'));
    expect(await walker.userAtEnd(reader)).toBe('joan');
  });

  it('enrols invited visitors only, with the group of the flow and the data of the invitation', async () => {
    await walker.apply('flows-invitation-enrollment');
    const slug = 'invitation-enrollment-flow-internal-engineering';
    expect(await walker.lastOf(await walker.visit(slug))).toMatchObject(DENIED);
    const [invitation] = await walker.deployment.rows<{ id: string }>(
      `SELECT id FROM directory.invitations WHERE name = 'example-engineering-team-invitation'`,
    );
    const client = await walker.visit(slug, { query: `?itoken=${invitation?.id}` });
    await client.submit({ username: 'zoe', ...pair('first-pass-1') });
    await client.submit({ name: 'Zoe', email: 'zoe@example.org' });
    expect(await walker.userAtEnd(client)).toBe('zoe');
    const user = `SELECT u.type, u.path, u.attributes, g.name AS team FROM directory.users u
      JOIN directory.user_groups m ON m.user_id = u.id JOIN directory.groups g ON g.id = m.group_id
      WHERE u.username = 'zoe'`;
    expect(await walker.deployment.rows(user)).toMatchObject([
      {
        ...{ type: 'internal', path: 'users/internal/engineering', team: 'engineering-team' },
        attributes: { department: 'Engineering' },
      },
    ]);
  });

  it('asks for a captcha only after failed logins', async () => {
    await walker.apply('flows-login-conditional-captcha');
    const provider = await SiteverifyServer.open(CAPTCHA_KEY);
    await walker.deployment.apply(`version: 1
entries:
  - model: authentik_stages_captcha.captchastage
    identifiers: { name: ${STAGE.captcha} }
    attrs: { api_url: "${provider.url}", private_key: ${CAPTCHA_KEY} }
`);
    try {
      expect(await walker.userAtEnd(await walker.login('gil'))).toBe('gil');
      await walker.deployment.rows('DELETE FROM flow.reputation');
      const guesser = await walker.login('gil', 'wrong');
      for (let i = 0; i < 4; i++) await guesser.submit({ password: 'wrong' });
      expect(await walker.lastOf(guesser)).toMatchObject({ ...DENIED, error_message: 'Invalid password' });
      await walker.deployment.rows('DELETE FROM flow.attempts');
      const client = await walker.login('gil');
      expect(client.challenge).toMatchObject({ component: 'ak-stage-captcha', interactive: false });
      await client.submit({ token: 'bad' });
      expect(client.errors).toEqual(['Invalid captcha response. Retrying may solve this issue.']);
      await client.submit({ token: 'good' });
      expect(await walker.userAtEnd(client)).toBe('gil');
    } finally {
      await provider.close();
    }
  });
});
