import { createHash } from 'node:crypto';
import { type CloudEvent, type CommandName, cloudEvent } from '@gatehouse/contracts';
import { connect } from '@nats-io/transport-node';
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
import { confirmLink, LINK_QUESTION } from '../support/mailed-links.js';
import { describeWithNats } from '../support/nats.js';

describeWithNats('npm run user', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await Deployment.open({
      blueprints: [
        blueprint(
          ...[userEntry('alice'), groupEntry('staff')],
          flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
          flowEntries('back', [IDENTIFICATION, EMAIL, LOGIN], { designation: 'recovery' }),
        ),
      ],
      services: ['identification', 'password', 'session', 'enrollment', 'courier'],
    });
  });
  afterAll(() => deployment?.close());

  async function canLogIn(uid_field: string, password: string): Promise<boolean> {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field });
    return (await browser.solve('login', { password })).body['component'] === 'xak-flow-redirect';
  }

  /** Waits for the next event of a command. The subscription is active when the promise resolves. */
  async function nextEventOf(command: CommandName): Promise<{ readonly event: Promise<CloudEvent> }> {
    const listener = await connect({ servers: deployment.nats.url });
    const subscription = listener.subscribe('events.>');
    await listener.flush();
    const receive = async () => {
      for await (const message of subscription) {
        const event = cloudEvent.parse(message.json());
        if (event.data.actor?.type !== 'system' || event.data.actor.command !== command) continue;
        await listener.close();
        return event;
      }
      throw new Error('the connection is closed');
    };
    return { event: receive() };
  }

  it('creates users, reads passwords from standard input, locks and unlocks users', async () => {
    const output = await deployment.user(
      ['create', 'bob', '--email', 'bob@example.org', '--group', 'staff', '--password'],
      'first pass-word\n',
    );
    expect(output).toBe('created bob');
    expect(await canLogIn('bob', 'first pass-word')).toBe(true);
    expect(await deployment.user(['set-password', 'BOB'], 'second pass-word\n')).toMatch(/^bob has a new password/);
    expect(await canLogIn('bob', 'second pass-word')).toBe(true);

    expect(await deployment.user(['lock', 'bob'])).toMatch(/^bob is locked/);
    expect(await canLogIn('bob', 'second pass-word')).toBe(false);
    expect(await deployment.user(['list', 'bob'])).toMatch(/^bob  bob@example.org  internal  locked  /);
    expect(await deployment.user(['unlock', 'bob'])).toMatch(/^unlocked for bob: the account/);
    expect(await canLogIn('bob', 'second pass-word')).toBe(true);
    expect(await deployment.user(['end-sessions', 'bob'])).toMatch(/^ended \d+ sessions of bob$/);
  });

  it('creates a recovery link that works once', async () => {
    const { event } = await nextEventOf('user recovery-link');
    const link = new URL(await deployment.user(['recovery-link', 'alice']));
    expect(link.href).toMatch(new RegExp(`^${deployment.url}/if/flow/back/\\?flow_token=[A-Za-z0-9]{60}$`));
    const published = await event;
    expect(published).toMatchObject({
      ...{ specversion: '1.0', type: 'gatehouse.command_run', subject: expect.stringMatching(/^users\//) },
      data: {
        ...{ actor: { type: 'system', command: 'user recovery-link' }, user: { username: 'alice' }, flow: 'back' },
        context: { counts: [{ name: 'recovery links', count: 1 }], expires_in_s: 3600 },
      },
    });
    const token = link.searchParams.get('flow_token')!;
    const hash = createHash('sha256').update(token).digest();
    for (const secret of [token, hash.toString('hex'), hash.toString('base64'), hash.toString('base64url')])
      expect(JSON.stringify(published)).not.toContain(secret);
    const [browser, query] = [deployment.browser(), link.search.slice(1)];
    const question = await browser.show('back', query);
    expect(question.body).toMatchObject(LINK_QUESTION);
    expect((await confirmLink(browser, 'back', { query, question })).body).toMatchObject({
      component: 'xak-flow-redirect',
    });
    expect((await browser.fetch('/api/v3/core/users/me/')).body).toMatchObject({ user: { username: 'alice' } });
    expect((await deployment.browser().show('back', query)).body).toMatchObject({
      component: 'ak-stage-identification',
    });
  });

  it('exits with 1 and says what is wrong with invalid arguments', async () => {
    const invalidCommands: [string[], RegExp][] = [
      [[], /^user: usage: npm run user/],
      [['lock', 'nobody'], /there is no user nobody/],
      [['create', 'alice'], /there is a user alice already/],
      [['create', 'x', '--email', 'none'], /email: is not an email address/],
      [['create', 'ali\u200bce'], /Usernames cannot contain the character U\+200B\./],
      [['create', '\uff41lice'], /Write this username as alice\./],
      [['list', '--odd'], /Unknown option[^]*usage: npm run user -- list/],
      [['recovery-link', 'alice', '--flow', 'login'], /the flow login mails no link/],
      [['import', '/none.jsonl'], /cannot be read/],
      [['set-password', 'alice'], /no password on standard input/],
    ];
    await Promise.all(
      invalidCommands.map(([args, stderr]) =>
        expect(deployment.user(args)).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(stderr) }),
      ),
    );
  });
});
