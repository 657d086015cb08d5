import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  blueprint,
  EMAIL,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { describeWithNats } from '../support/nats.js';

describeWithNats('npm run user', () => {
  let house: Deployment;
  beforeAll(async () => {
    house = await Deployment.open({
      blueprints: [
        blueprint(
          ...[userEntry('alice'), groupEntry('staff')],
          flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
          flowEntries('back', [IDENTIFICATION, EMAIL, LOGIN], { designation: 'recovery' }),
        ),
      ],
      services: ['identification', 'password', 'session', 'enrollment'],
    });
  });
  afterAll(() => house?.close());

  async function logsIn(uid_field: string, password: string): Promise<boolean> {
    const browser = house.browser();
    await browser.solve('login', { uid_field });
    return (await browser.solve('login', { password })).body['component'] === 'xak-flow-redirect';
  }

  it('makes users, gives them passwords that nobody sees on a command line, locks and unlocks them', async () => {
    const made = await house.user(
      ['create', 'bob', '--email', 'bob@example.org', '--group', 'staff', '--password'],
      'first pass-word\n',
    );
    expect(made).toBe('created bob');
    expect(await logsIn('bob', 'first pass-word')).toBe(true);
    expect(await house.user(['set-password', 'BOB'], 'second pass-word\n')).toMatch(/^bob has a new password/);
    expect(await logsIn('bob', 'second pass-word')).toBe(true);

    expect(await house.user(['lock', 'bob'])).toMatch(/^bob is locked/);
    expect(await logsIn('bob', 'second pass-word')).toBe(false);
    expect(await house.user(['list', 'bob'])).toMatch(/^bob  bob@example.org  internal  locked  /);
    expect(await house.user(['unlock', 'bob'])).toMatch(/^unlocked for bob: the account/);
    expect(await logsIn('bob', 'second pass-word')).toBe(true);
    expect(await house.user(['end-sessions', 'bob'])).toMatch(/^ended \d+ sessions of bob$/);
  });

  it('makes the link that a mail would bring: of one use, and of this user', async () => {
    const link = new URL(await house.user(['recovery-link', 'alice']));
    expect(link.href).toMatch(new RegExp(`^${house.url}/if/flow/back/\\?flow_token=[A-Za-z0-9]{60}$`));
    const [browser, query] = [house.browser(), link.search.slice(1)];
    expect((await browser.show('back', query)).body).toMatchObject({ component: 'ak-stage-email', confirm: true });
    expect((await browser.solve('back', {}, query)).body).toMatchObject({ component: 'xak-flow-redirect' });
    expect((await browser.fetch('/api/v3/core/users/me/')).body).toMatchObject({ user: { username: 'alice' } });
    expect((await house.browser().show('back', query)).body).toMatchObject({ component: 'ak-stage-identification' });
  });

  it('says what is wrong, and how it is used', async () => {
    const odd: [string[], RegExp][] = [
      [[], /^user: usage: npm run user/],
      [['lock', 'nobody'], /there is no user nobody/],
      [['create', 'alice'], /there is a user alice already/],
      [['create', 'x', '--email', 'none'], /email: is no address/],
      [['list', '--odd'], /Unknown option[^]*usage: npm run user -- list/],
      [['recovery-link', 'alice', '--flow', 'login'], /the flow login mails no link/],
      [['import', '/none.jsonl'], /cannot be read/],
      [['set-password', 'alice'], /no password on standard input/],
    ];
    await Promise.all(
      odd.map(([args, stderr]) =>
        expect(house.user(args)).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(stderr) }),
      ),
    );
  });
});
