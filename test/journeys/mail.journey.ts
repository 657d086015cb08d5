import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, EMAIL, flowEntries, IDENTIFICATION, LOGIN, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { Mailbox } from '../support/mailbox.js';
import { describeWithNats } from '../support/nats.js';
import { readMail } from '../support/read-mail.js';

const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan', 'judy', 'kim'] as const;
type Person = (typeof PEOPLE)[number];
const WAITING = { component: 'ak-stage-email' };
const bound = (invalid_response_action: string) => ({ ...EMAIL, binding: { invalid_response_action } });
const DONE = { component: 'xak-flow-redirect', to: '/' };
const REFUSED = { response_errors: { code: [{ string: 'This code is wrong, or too old.', code: 'invalid' }] } };

describeWithNats('a mailed link and its code', () => {
  let house: Deployment;
  let mailbox: Mailbox;
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    house = await Deployment.open({
      blueprints: [
        blueprint(
          ...PEOPLE.map((name) => userEntry(name)),
          flowEntries('back', [IDENTIFICATION, EMAIL, LOGIN], { designation: 'recovery' }),
          flowEntries('other', [IDENTIFICATION, EMAIL, LOGIN], { designation: 'recovery' }),
          flowEntries('over', [IDENTIFICATION, bound('restart'), LOGIN], { designation: 'recovery' }),
          flowEntries('over-with-context', [IDENTIFICATION, bound('restart_with_context'), LOGIN]),
        ),
      ],
      services: ['identification', 'session', 'enrollment', 'courier'],
      environment: {
        ...{ MAIL_HOST: '127.0.0.1', MAIL_PORT: String(mailbox.port), OUTBOX_POLL_MS: '20', EMAIL_RESEND_S: '0' },
      },
      gateway: { CLEANUP_EVERY_S: '86400' },
    });
  });
  afterAll(async () => {
    await house?.close();
    await mailbox?.close();
  });

  /** Somebody asks to be let in again; their browser, and what they find in their mailbox. */
  async function asked(person: Person, query = '') {
    const browser = house.browser();
    await browser.show('back', query);
    expect((await browser.solve('back', { uid_field: person }, query)).body).toMatchObject(WAITING);
    return { browser, ...readMail(await mailbox.mailTo(`${person}@example.org`)) };
  }
  const whoIs = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).status;
  const rows = async (table: string) =>
    (await house.rows<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]!.n;

  it('lets whoever followed the link in, in any browser, once they have said that it was they', async () => {
    const { query } = await asked('alice', 'next=%2Fif%2Fuser%2F');
    const [scanner, phone] = [house.browser(), house.browser()];
    for (let look = 0; look < 2; look++)
      expect((await scanner.show('back', query)).body).toMatchObject({ ...WAITING, confirm: true });
    expect((await phone.show('back', query)).body).toMatchObject({ ...WAITING, confirm: true });

    const answer = await phone.solve('back', { component: 'ak-stage-email' }, query);
    expect(answer.body).toMatchObject({ ...DONE, to: '/if/user/' });
    expect(await whoIs(phone)).toBe(200);
    expect(await whoIs(scanner)).toBe(403);
  });

  it('gives nothing to the key of a session that was planted in the browser which follows the link', async () => {
    const { query } = await asked('ivan');
    const [attacker, victim] = [house.browser(), house.browser()];
    await attacker.show('back');
    victim.plant(attacker.cookie());
    expect((await victim.show('back', query)).body).toMatchObject({ ...WAITING, confirm: true });

    expect((await attacker.solve('back', {})).body).toMatchObject({ component: 'ak-stage-identification' });
    const opened = victim.cookie();
    expect(opened).not.toBe(attacker.cookie());
    expect((await victim.solve('back', {}, query)).body).toMatchObject(DONE);
    expect(victim.cookie()).not.toBe(opened);
    expect([await whoIs(attacker), await whoIs(victim)]).toEqual([403, 200]);
  });

  it('lets nobody in twice by one link, not even at the same moment (accident 27)', async () => {
    const { query } = await asked('bob');
    const browsers = [house.browser(), house.browser(), house.browser()];
    for (const browser of browsers) await browser.show('back', query);
    const answers = await Promise.all(browsers.map((browser) => browser.solve('back', {}, query)));
    expect(answers.filter(({ body }) => body['component'] === DONE.component)).toHaveLength(1);

    expect((await house.browser().show('back', query)).body).toMatchObject({ component: 'ak-stage-identification' });
  });

  it('lets whoever types the code in where they began, and the link leads nowhere from then on', async () => {
    const { browser, code, query } = await asked('carol');
    expect((await browser.solve('back', { code })).body).toMatchObject(DONE);
    expect(await whoIs(browser)).toBe(200);

    expect((await house.browser().show('back', query)).body).toMatchObject({ component: 'ak-stage-identification' });
  });

  it('lets nobody in by the code of a mail whose link was used', async () => {
    const { browser, code, query } = await asked('dave');
    expect((await house.browser().solve('back', {}, query)).body).toMatchObject(DONE);

    expect((await browser.solve('back', { code })).body).toMatchObject(WAITING);
    expect(await whoIs(browser)).toBe(403);
  });

  it('refuses a right code like a wrong one after too many wrong ones', async () => {
    const { browser, code } = await asked('erin');
    const wrong = code === '000000' ? '000001' : '000000';
    for (let guess = 0; guess < 3; guess++)
      expect((await browser.solve('back', { code: wrong })).body).toMatchObject(REFUSED);

    expect((await browser.solve('back', { code })).body).toMatchObject(REFUSED);
    // A new run of the flow is no new guess.
    const again = house.browser();
    await again.solve('back', { uid_field: 'erin' });
    const second = readMail(await mailbox.mailTo('erin@example.org', 2));
    expect((await again.solve('back', { code: second.code })).body).toMatchObject(REFUSED);
  });

  it('counts for one flow, and for one mail: the last (accident 27)', async () => {
    const { browser, query } = await asked('frank');
    expect((await house.browser().show('other', query)).body).toMatchObject({ component: 'ak-stage-identification' });
    expect((await browser.solve('back', {})).body).toMatchObject({
      ...WAITING,
      response_errors: { non_field_errors: [{ string: 'email-sent', code: 'email-sent' }] },
    });
    const second = readMail(await mailbox.mailTo('frank@example.org', 2));

    expect((await house.browser().show('back', query)).body).toMatchObject({ component: 'ak-stage-identification' });
    expect((await house.browser().show('back', second.query)).body).toMatchObject({ confirm: true });
  });

  it.each([
    ['over', 'judy'],
    ['over-with-context', 'kim'],
  ] as const)('is mailed again by a flow that an answer without a code starts over: %s', async (slug, person) => {
    const browser = house.browser();
    expect((await browser.solve(slug, { uid_field: person })).body).toMatchObject(WAITING);
    // Two mails that are sent at once may arrive in any order.
    await mailbox.mailTo(`${person}@example.org`);
    expect((await browser.solve(slug, {})).body).toMatchObject({ component: 'ak-stage-identification' });

    expect((await browser.solve(slug, { uid_field: person })).body).toMatchObject(WAITING);
    // Had the answer sent a mail as well, this code would not be the latest.
    const { code } = readMail(await mailbox.mailTo(`${person}@example.org`, 2));
    expect((await browser.solve(slug, { code })).body).toMatchObject(DONE);
  });

  it('is worth nothing when its time is over, whoever cleans up (accident 15)', async () => {
    const { query } = await asked('grace');
    await house.rows(`UPDATE flow.resume_tokens SET expires_at = now() - interval '1 second'`);
    expect((await house.browser().show('back', query)).body).toMatchObject({ component: 'ak-stage-identification' });
  });

  it('leads to the configured address, whatever the asker says where they are (accident 41)', async () => {
    const browser = house.browser();
    const headers = {
      ...{ 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' },
      'content-type': 'application/json',
    };
    await browser.fetch('/api/v3/flows/executor/back/?query=next%3D%2Fa%26foo%3Dbar', { headers });
    await browser.fetch('/api/v3/flows/executor/back/?query=next%3D%2Fa%26foo%3Dbar', {
      ...{ method: 'POST', headers, body: JSON.stringify({ uid_field: 'heidi' }) },
    });
    const { link } = readMail(await mailbox.mailTo('heidi@example.org'));
    expect(link.origin + link.pathname).toBe(`${house.url}/if/flow/back/`);
    expect([...link.searchParams.keys()]).toEqual(['next', 'foo', 'flow_token']);
  });

  it('stands in no log and, but sealed, in no row', async () => {
    const { link, code } = await asked('ivan');
    const token = link.searchParams.get('flow_token') ?? '';
    expect(token).toMatch(/^[A-Za-z0-9]{60}$/);
    await house.browser().show('back', link.search.slice(1));
    const dump = await house.rows(
      `SELECT encode(body, 'escape') AS body FROM flow.plans UNION ALL SELECT encode(body, 'escape') FROM flow.outbox
       UNION ALL SELECT encode(body, 'escape') || encode(hash, 'escape') FROM flow.resume_tokens`,
    );
    const said = [
      JSON.stringify(dump),
      ...['gateway', 'enrollment', 'courier'].map((name) => house.output(name)),
    ].join();
    expect(said).not.toContain(token);
    expect(said).not.toMatch(new RegExp(`"${code}"`));
  });

  describe('asked for in a name that nobody has (accident 6)', () => {
    it('is answered as for a user: same answers, same rows, and a mail to nobody', async () => {
      const seen: unknown[] = [];
      for (const uid_field of ['alice', 'nobody-of-that-name']) {
        const [browser, outbox, links] = [house.browser(), await rows('flow.mailed'), await rows('flow.resume_tokens')];
        const answers = [await browser.show('back')];
        for (const body of [{ uid_field }, {}, { code: '12345x' }]) answers.push(await browser.solve('back', body));
        seen.push({
          answers: answers.map(({ status, text }) => ({ status, text: text.replaceAll(uid_field, 'NAME') })),
          links: (await rows('flow.resume_tokens')) - links,
          mailed: (await rows('flow.mailed')) - outbox,
        });
      }
      expect(seen[1]).toEqual(seen[0]);
      expect(mailbox.mails.flatMap(({ recipients }) => recipients).join()).not.toContain('nobody');
    });
  });
});
