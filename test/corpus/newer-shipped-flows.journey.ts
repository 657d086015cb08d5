import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NewerWebClient } from '../support/newer-web-client.js';
import { readMail } from '../support/read-mail.js';
import { APP_PASSWORD, FlowWalker, hasDrafts, hasShipped, LOGIN, pair, RIGHT } from './flow-walker.js';

const POST_JSON = { method: 'POST', headers: { 'content-type': 'application/json' } };
const DENIED = { component: 'ak-stage-access-denied' };

/** Tests the flows whose constructs other journeys also run. `newer-flows.journey.ts` tests the others. */
describe.skipIf(!hasShipped)('the unmodified flows of the blueprints of authentik 2026.8', () => {
  let walker: FlowWalker;
  beforeAll(async () => {
    walker = await FlowWalker.open(['ada', 'cleo', 'elsa', 'gil', 'iris', 'kate', 'lea', 'mia', 'nora']);
  }, 120_000);
  afterAll(() => walker?.close());

  it('log a user in by password, and out', async () => {
    const client = await walker.login('ada', 'wrong');
    expect(client.errors).toEqual(['Invalid password']);
    await client.submit({ password: 'correct-horse-7' });
    expect(await walker.userAtEnd(client)).toBe('ada');
    await walker.visit('default-invalidation-flow', { client });
    expect(await walker.userAtEnd(client)).toBeUndefined();
  });

  it('set up static codes, and ask for one at the next login', async () => {
    const first = await walker.asUser('cleo', 'default-authenticator-static-setup');
    const codes = first.challenge['codes'] as string[];
    expect(codes).toHaveLength(6);
    await first.submit({});
    expect(await walker.userAtEnd(first)).toBe('cleo');
    const client = await walker.login('cleo');
    await client.submit({ code: codes[0] });
    expect(await walker.userAtEnd(client)).toBe('cleo');
  });

  it('change a password that satisfies the policy', async () => {
    const client = await walker.asUser('elsa', 'default-password-change');
    await client.submit(pair('short'));
    expect(client.errors).toEqual(['Password needs to be 8 characters or longer.']);
    await client.submit(pair('password1'));
    expect(client.errors?.[0]).toMatch(/^Password is too weak\./);
    await client.submit(pair('second-pass-2-xq'));
    expect(await walker.userAtEnd(client)).toBe('elsa');
    const old = await walker.login('elsa');
    expect(old.errors).toEqual(['Invalid password']);
    await old.submit({ password: 'second-pass-2-xq' });
    expect(await walker.userAtEnd(old)).toBe('elsa');
  });

  it('end at once if they have no steps, and deny anonymous visitors if they require a login', async () => {
    expect(await walker.userAtEnd(await walker.asUser('gil', 'default-request'))).toBe('gil');
    expect(await walker.userAtEnd(await walker.visit('default-source-pre-authentication'))).toBeUndefined();
    expect(await walker.lastOf(await walker.visit('default-request'))).toMatchObject(DENIED);
  });

  describe('of an enrolment', () => {
    async function enrol(username: string) {
      const client = await walker.visit('default-enrollment-flow');
      expect(client.challenge).toMatchObject({ fields: [{ type: 'username' }, {}, {}] });
      await client.submit({ username, ...pair('first-pass-1') });
      await client.submit({ name: username, email: `${username}@example.org` });
      return client;
    }

    it('create a user and log the user in', async () => {
      await walker.apply('flows-enrollment-2-stage');
      expect(await walker.userAtEnd(await enrol('vera'))).toBe('vera');
      expect(await walker.userAtEnd(await walker.login('vera', 'first-pass-1'))).toBe('vera');
    });

    it('activate the user after the visitor has confirmed the mailed link', async () => {
      await walker.apply('flows-enrollment-email-verification');
      expect(await walker.lastOf(await enrol('willa'))).toMatchObject({ component: 'ak-stage-email' });
      expect(await walker.userAtEnd(await walker.followMail('willa'))).toBe('willa');
    });
  });

  it('set a new password after a mailed link', async () => {
    await walker.apply('flows-recovery-email-verification');
    const client = await walker.visit('default-recovery-flow');
    await client.submit({ uid_field: 'iris' });
    expect(await walker.lastOf(client)).toMatchObject({ component: 'ak-stage-email' });
    const reader = await walker.followMail('iris');
    expect(reader.challenge).toMatchObject({ component: 'ak-stage-prompt', fields: [{}, {}] });
    await reader.submit(pair('second-pass-2'));
    expect(await walker.userAtEnd(reader)).toBe('iris');
    expect(await walker.userAtEnd(await walker.login('iris', 'second-pass-2'))).toBe('iris');
  });

  it('set up an email address as a second factor, which the next login asks for', async () => {
    await walker.apply('flows-authenticator-email-setup');
    const code = async (nth: number) => readMail(await walker.mailbox.mailTo('kate@example.org', nth)).code;
    const first = await walker.asUser('kate', 'default-authenticator-email-setup');
    expect(first.challenge).toMatchObject({ component: 'ak-stage-authenticator-email', email_required: false });
    await first.submit({ code: await code(1) });
    expect(await walker.userAtEnd(first)).toBe('kate');
    const client = await walker.login('kate');
    const [device] = client.challenge['device_challenges'] as Record<string, unknown>[];
    expect(device).toMatchObject({ device_class: 'email', challenge: { email: 'k***@e******.org' } });
    await client.submit({ selected_challenge: device });
    await client.submit({ code: await code(2) });
    expect(await walker.userAtEnd(client)).toBe('kate');
  });

  it('enrol invited users of each type, also by the minimal flow', async () => {
    await walker.apply('flows-invitation-enrollment', 'flows-invitation-enrollment-minimal');
    const stored = await walker.deployment.rows<{ id: string; name: string }>(
      'SELECT id, name FROM directory.invitations',
    );
    const root = await walker.login('root');
    expect(await walker.userAtEnd(root)).toBe('root');
    const { body } = await root.browser.fetch('/api/v3/stages/invitation/invitations/', {
      ...{ ...POST_JSON, body: JSON.stringify({ name: 'minimal', single_use: true }) },
    });
    const guests = [
      ['xena', '-external', 'example-external-basic-invitation'],
      ['yara', '-internal', 'example-internal-department-invitation'],
      ['wren', '', ''],
    ] as const;
    for (const [username, suffix, invitation] of guests) {
      const token = stored.find(({ name }) => name === invitation)?.id ?? String(body['pk']);
      const client = await walker.visit(`invitation-enrollment-flow${suffix}`, { query: `?itoken=${token}` });
      await client.submit({ username, ...pair('first-pass-1') });
      await client.submit({ name: username, email: `${username}@example.org` });
      expect(await walker.userAtEnd(client)).toBe(username);
    }
    const users = `SELECT type, path, attributes FROM directory.users
      WHERE username IN ('wren', 'xena', 'yara') ORDER BY username`;
    expect(await walker.deployment.rows(users)).toMatchObject([
      { type: 'external', path: 'users/external' },
      { type: 'external', path: 'users/external' },
      { type: 'internal', path: 'users/internal', attributes: { department: 'Engineering', team: 'Backend' } },
    ]);
  });

  it('let users delete their account', async () => {
    await walker.apply('flows-unenrollment');
    expect(await walker.userAtEnd(await walker.asUser('lea', 'default-unenrollment-flow'))).toBeUndefined();
    const deleted = await walker.login('lea');
    expect(deleted.errors).toEqual(['Invalid password']);
    await deleted.leave();
  });

  it('lock the own account, or that of another user by an administrator', async () => {
    await walker.apply('flow-default-account-lockdown');
    await walker.deployment.apply(`version: 1
entries:
  - model: authentik_brands.brand
    identifiers: { domain: authentik-default }
    attrs: { flow_lockdown: !Find [authentik_flows.flow, [slug, default-account-lockdown]] }
`);
    async function lock(client: NewerWebClient, user: number | null) {
      const { body } = await client.browser.fetch('/api/v3/core/users/account_lockdown/', {
        ...{ ...POST_JSON, body: JSON.stringify({ user }) },
      });
      await client.go(String(body['link']));
      expect(client.challenge).toMatchObject({ fields: [{ type: 'alert_danger' }, { type: 'alert_info' }, {}] });
      await client.submit({ lockdown_reason: 'a stolen laptop' });
    }
    const [mia, root] = [await walker.login('mia'), await walker.login('root')];
    await lock(mia, null);
    expect(mia.challenge).toMatchObject({ fields: [{ type: 'alert_warning' }] });
    await mia.submit({});
    expect(await walker.userAtEnd(mia)).toBeUndefined();
    const ada = await walker.deployment.rows<{ pk: number }>(`SELECT pk FROM directory.users WHERE username = 'ada'`);
    await lock(root, ada[0]!.pk);
    expect(root.challenge).toMatchObject({ fields: [{ initial_value: expect.stringContaining('ada') }] });
    await root.submit({});
    expect(await walker.userAtEnd(root)).toBe('root');
    const locked = `SELECT username FROM directory.users WHERE NOT is_active AND username IN ('ada', 'mia')`;
    expect(await walker.deployment.rows(locked)).toHaveLength(2);
  });

  it('ask for a second factor after a password and after an app password', async () => {
    await walker.apply('flows-login-2fa');
    const code = await walker.setUpTotp('root');
    const client = await walker.login('root');
    await client.submit({ code });
    expect(await walker.userAtEnd(client)).toBe('root');
    // The method of an app password is `token`, so the policy of the blueprint does not skip the second factor.
    const byAppPassword = await walker.login('root', APP_PASSWORD);
    expect(await walker.lastOf(byAppPassword)).toMatchObject({ component: 'ak-stage-authenticator-validate' });
  });
});

describe.skipIf(!hasShipped)('the unmodified set-up flow of authentik 2026.8', () => {
  let walker: FlowWalker;
  beforeAll(async () => {
    walker = await FlowWalker.openNew();
  }, 120_000);
  afterAll(() => walker?.close());

  it('lets the first visitor of /setup set the password of akadmin, and no later visitor', async () => {
    const direct = await walker.visit('initial-setup');
    expect(await walker.lastOf(direct)).toMatchObject({
      ...{ ...DENIED, error_message: expect.stringContaining(`navigating to ${walker.deployment.url}/`) },
    });
    const first = walker.visitor();
    await first.go('/setup');
    expect(first.challenge).toMatchObject({ fields: [{ type: 'static' }, { type: 'email' }, {}, {}] });
    await first.submit({ email: 'akadmin@example.org', ...pair('first-pass-1') });
    expect(await walker.userAtEnd(first)).toBe('akadmin');
    expect(await walker.userAtEnd(await walker.login('akadmin', 'first-pass-1'))).toBe('akadmin');
    const second = walker.visitor();
    await second.go('/setup');
    expect(await walker.lastOf(second)).toMatchObject({ component: 'ak-stage-identification' });
    expect(await walker.lastOf(await walker.visit('initial-setup'))).toMatchObject(DENIED);
  });
});

describe.skipIf(!hasDrafts)('the unmodified drafts of the blueprints of authentik 2026.11', () => {
  let walker: FlowWalker;
  beforeAll(async () => {
    walker = await FlowWalker.openDrafts('otto');
  }, 120_000);
  afterAll(() => walker?.close());

  it('log a user in by a mailed link alone', async () => {
    const client = await walker.identify(LOGIN, 'otto');
    expect(await walker.lastOf(client)).toMatchObject({ component: 'ak-stage-email' });
    expect(await walker.userAtEnd(await walker.followMail('otto'))).toBe('otto');
  });

  it('check the password that an endpoint agent sends, without logging the user in', async () => {
    const client = await walker.identify('endpoints-agent-psso-password', 'otto');
    await client.submit({ password: 'wrong' });
    expect(client.errors).toEqual(['Invalid password']);
    await client.submit({ password: RIGHT });
    expect(await walker.userAtEnd(client)).toBeUndefined();
  });
});
