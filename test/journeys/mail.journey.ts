import { readFile } from 'node:fs/promises';
import { ChallengeTypesFromJSON, type ConsentChallenge } from '@goauthentik/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, EMAIL, flowEntries, IDENTIFICATION, LOGIN, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { Mailbox } from '../support/mailbox.js';
import { confirmLink, followLink, LINK_QUESTION } from '../support/mailed-links.js';
import { describeWithNats } from '../support/nats.js';
import { sendRaw } from '../support/raw-http.js';
import { readMail } from '../support/read-mail.js';

const USERNAMES = [
  'alice',
  'bob',
  'carol',
  'dave',
  'erin',
  'frank',
  'grace',
  'heidi',
  'ivan',
  'judy',
  'kim',
  'leo',
  'mia',
  'nora',
  'olga',
  'paul',
] as const;
type Username = (typeof USERNAMES)[number];
const WAITING = { component: 'ak-stage-email' };
const emailWith = (invalid_response_action: string) => ({ ...EMAIL, binding: { invalid_response_action } });
const DONE = { component: 'xak-flow-redirect', to: '/' };
const BEGINNING = { component: 'ak-stage-identification' };
const GONE = 'Link was already used, please request a new link.';
const REFUSED = { response_errors: { code: [{ string: 'This code is wrong, or too old.', code: 'invalid' }] } };

describeWithNats('a mailed link and its code', () => {
  let deployment: Deployment;
  let mailbox: Mailbox;
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    deployment = await Deployment.open({
      blueprints: [
        blueprint(
          ...USERNAMES.map((name) => userEntry(name)),
          flowEntries('back', [IDENTIFICATION, EMAIL, LOGIN], { designation: 'recovery' }),
          flowEntries('other', [IDENTIFICATION, EMAIL, LOGIN], { designation: 'recovery' }),
          flowEntries('over', [IDENTIFICATION, emailWith('restart'), LOGIN], { designation: 'recovery' }),
          flowEntries('over-with-context', [IDENTIFICATION, emailWith('restart_with_context'), LOGIN]),
        ),
      ],
      services: ['identification', 'password', 'session', 'enrollment', 'mfa', 'policy', 'courier'],
      environment: { ...mailbox.settings, EMAIL_RESEND_S: '0' },
      gateway: { CLEANUP_EVERY_S: '86400' },
    });
  });
  afterAll(async () => {
    await deployment?.close();
    await mailbox?.close();
  });

  /** Requests a recovery mail for a user. Returns the browser and the parsed mail. */
  async function requestMail(username: Username, query = '') {
    const browser = deployment.browser();
    await browser.show('back', query);
    expect((await browser.solve('back', { uid_field: username }, query)).body).toMatchObject(WAITING);
    return { browser, ...readMail(await mailbox.mailTo(`${username}@example.org`)) };
  }
  const statusOf = async (browser: Browser) => (await browser.fetch('/api/v3/core/users/me/')).status;
  const countRows = async (table: string) =>
    (await deployment.rows<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]!.n;

  it('log the user in by the link in any browser, after a consent that link scanners do not give', async () => {
    const { browser, query } = await requestMail('alice', 'next=%2Fif%2Fuser%2F');
    const [scanner, phone] = [deployment.browser(), deployment.browser()];
    for (let i = 0; i < 10; i++) expect((await scanner.show('back', query)).body).toMatchObject(LINK_QUESTION);
    for (const body of [{}, { component: 'ak-stage-email' }, { component: 'ak-stage-consent', token: 'x' }])
      expect((await scanner.solve('back', body, query)).body).toMatchObject(LINK_QUESTION);
    expect((await deployment.browser().solve('back', {}, query)).body).toMatchObject(LINK_QUESTION);
    const question = await phone.show('back', query);
    expect(question.body).toMatchObject({ ...LINK_QUESTION, pending_user: 'alice', additional_permissions: [] });
    expect((await browser.show('back')).body).toMatchObject(WAITING);

    const answer = await confirmLink(phone, 'back', { query, question });
    expect(answer.body).toMatchObject({ ...DONE, to: '/if/user/' });
    expect([await statusOf(phone), await statusOf(scanner), await statusOf(browser)]).toEqual([200, 403, 403]);
  });

  it('require a confirmation in the requesting browser too, and move the plan to a new session key', async () => {
    const { browser, code, query } = await requestMail('leo');
    const witness = deployment.browser();
    witness.plant(browser.cookie());
    expect((await witness.show('back')).body).toMatchObject(WAITING);
    const question = await browser.show('back', query);
    expect(question.body).toMatchObject(LINK_QUESTION);
    expect(browser.cookie()).not.toBe(witness.cookie());
    expect((await witness.solve('back', { code })).body).toMatchObject(BEGINNING);
    expect((await witness.show('back')).body).toMatchObject(BEGINNING);
    // A page that was opened before the link was followed still shows the email step.
    expect((await browser.solve('back', { component: 'ak-stage-email' })).body).toMatchObject(LINK_QUESTION);

    expect((await confirmLink(browser, 'back', { query, question })).body).toMatchObject(DONE);
    expect([await statusOf(browser), await statusOf(witness)]).toEqual([200, 403]);
  });

  it('are confirmed by the requests of authentik’s own page, which repeats the component and the CSRF cookie', async () => {
    const { browser, link, query } = await requestMail('paul');
    expect((await browser.fetch(link.pathname + link.search)).status).toBe(200);
    const shown = ChallengeTypesFromJSON((await browser.show('back', query)).body) as ConsentChallenge;
    expect(shown).toMatchObject({
      headerText: LINK_QUESTION.header_text,
      pendingUser: 'paul',
      additionalPermissions: [],
    });
    const { component, token } = shown;
    const done = await browser.solve('back', { component, token }, query);
    expect([done.body, done.body['response_errors']]).toMatchObject([DONE, undefined]);
    expect(await statusOf(browser)).toBe(200);
  });

  it('log the user in by the code after the link was followed but not confirmed, in this browser or another', async () => {
    for (const [username, followsHere] of [
      ['mia', true],
      ['nora', false],
    ] as const) {
      const { browser, code, query } = await requestMail(username);
      const phone = deployment.browser();
      const question = await phone.show('back', query);
      if (followsHere) await browser.show('back', query);
      expect((await browser.solve('back', { component: 'ak-stage-email', code })).body).toMatchObject(DONE);
      expect(await statusOf(browser)).toBe(200);

      const late = await confirmLink(phone, 'back', { query, question });
      expect(late.body).toMatchObject({ component: 'ak-stage-access-denied', error_message: GONE });
      expect(await statusOf(phone)).toBe(403);
    }
  });

  it('do not continue the plan in a session whose key an attacker planted in the browser that opens the link', async () => {
    const { query } = await requestMail('ivan');
    const [attacker, victim] = [deployment.browser(), deployment.browser()];
    await attacker.show('back');
    victim.plant(attacker.cookie());
    const question = await victim.show('back', query);
    expect(question.body).toMatchObject(LINK_QUESTION);

    expect((await attacker.solve('back', {})).body).toMatchObject(BEGINNING);
    const pendingKey = victim.cookie();
    expect(pendingKey).not.toBe(attacker.cookie());
    expect((await confirmLink(victim, 'back', { query, question })).body).toMatchObject(DONE);
    expect(victim.cookie()).not.toBe(pendingKey);
    expect([await statusOf(attacker), await statusOf(victim)]).toEqual([403, 200]);
  });

  it('log the user in once, even when the link is opened concurrently (accident 27)', async () => {
    const { query } = await requestMail('bob');
    const browsers = [deployment.browser(), deployment.browser(), deployment.browser()];
    const questions = await Promise.all(browsers.map((browser) => browser.show('back', query)));
    const answers = await Promise.all(
      browsers.map((browser, i) => confirmLink(browser, 'back', { query, question: questions[i]! })),
    );
    const texts = answers.map(({ body }) => body['error_message'] ?? body['component']);
    expect([GONE, DONE.component].map((text) => texts.filter((other) => other === text).length)).toEqual([2, 1]);

    // A browser that lost the race keeps its plan until this request, which ends the plan.
    await Promise.all(browsers.filter((_, i) => texts[i] === GONE).map((browser) => browser.show('back', query)));
    const errors = { non_field_errors: [{ string: GONE, code: 'link-used' }] };
    for (const browser of [...browsers.filter((_, i) => texts[i] === GONE), deployment.browser()])
      expect((await browser.show('back', query)).body).toMatchObject({ ...BEGINNING, response_errors: errors });
  });

  it('log the user in once, even when link and code are used concurrently (accident 27)', async () => {
    const { browser, code, query } = await requestMail('olga');
    const phone = deployment.browser();
    const question = await phone.show('back', query);
    const answers = await Promise.all([
      browser.solve('back', { code }),
      confirmLink(phone, 'back', { query, question }),
    ]);
    expect(answers.filter(({ body }) => body['component'] === DONE.component)).toHaveLength(1);
    expect((await Promise.all([browser, phone].map(statusOf))).filter((status) => status === 200)).toHaveLength(1);
  });

  it('log the user in by the code in the browser that requested the mail, which invalidates the link', async () => {
    const { browser, code, query } = await requestMail('carol');
    expect((await browser.solve('back', { code })).body).toMatchObject(DONE);
    expect(await statusOf(browser)).toBe(200);

    expect((await deployment.browser().show('back', query)).body).toMatchObject(BEGINNING);
  });

  it('do not log the user in by the code after the link was used', async () => {
    const { browser, code, query } = await requestMail('dave');
    expect((await followLink(deployment.browser(), 'back', query)).body).toMatchObject(DONE);

    expect((await browser.solve('back', { code })).body).toMatchObject(WAITING);
    expect(await statusOf(browser)).toBe(403);
  });

  it('refuse the right code with the response for a wrong code after too many wrong codes', async () => {
    const { browser, code } = await requestMail('erin');
    const wrong = code === '000000' ? '000001' : '000000';
    for (let i = 0; i < 3; i++) expect((await browser.solve('back', { code: wrong })).body).toMatchObject(REFUSED);

    expect((await browser.solve('back', { code })).body).toMatchObject(REFUSED);
    // A new plan in another browser does not reset the attempts.
    const otherBrowser = deployment.browser();
    await otherBrowser.solve('back', { uid_field: 'erin' });
    const secondMail = readMail(await mailbox.mailTo('erin@example.org', 2));
    expect((await otherBrowser.solve('back', { code: secondMail.code })).body).toMatchObject(REFUSED);
  });

  it('are valid in their flow only, and only those of the latest mail (accident 27)', async () => {
    const { browser, query } = await requestMail('frank');
    expect((await deployment.browser().show('other', query)).body).toMatchObject(BEGINNING);
    expect((await browser.solve('back', {})).body).toMatchObject({
      ...WAITING,
      response_errors: { non_field_errors: [{ string: 'email-sent', code: 'email-sent' }] },
    });
    const secondMail = readMail(await mailbox.mailTo('frank@example.org', 2));

    expect((await deployment.browser().show('back', query)).body).toMatchObject(BEGINNING);
    expect((await deployment.browser().show('back', secondMail.query)).body).toMatchObject(LINK_QUESTION);
  });

  it.each([
    ['over', 'judy'],
    ['over-with-context', 'kim'],
  ] as const)('are not mailed again by a response without a code that restarts the flow %s', async (slug, username) => {
    const browser = deployment.browser();
    expect((await browser.solve(slug, { uid_field: username })).body).toMatchObject(WAITING);
    // Mails that are sent concurrently may arrive in any order.
    await mailbox.mailTo(`${username}@example.org`);
    expect((await browser.solve(slug, {})).body).toMatchObject(BEGINNING);

    expect((await browser.solve(slug, { uid_field: username })).body).toMatchObject(WAITING);
    // If the response without a code had sent a mail too, this second mail would not be the latest.
    const { code } = readMail(await mailbox.mailTo(`${username}@example.org`, 2));
    expect((await browser.solve(slug, { code })).body).toMatchObject(DONE);
  });

  it('are invalid after they expire, even before the cleaner runs (accident 15)', async () => {
    const { query } = await requestMail('grace');
    const phone = deployment.browser();
    const question = await phone.show('back', query);
    await deployment.rows(`UPDATE flow.resume_tokens SET expires_at = now() - interval '1 second'`);
    expect((await confirmLink(phone, 'back', { query, question })).body).toMatchObject({ error_message: GONE });
    expect((await deployment.browser().show('back', query)).body).toMatchObject(BEGINNING);
  });

  it('use the configured base URL, not the host headers of the request (accident 41)', async () => {
    const browser = deployment.browser();
    const headers = {
      ...{ 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' },
      'content-type': 'application/json',
    };
    await browser.fetch('/api/v3/flows/executor/back/?query=next%3D%2Fa%26foo%3Dbar', { headers });
    // The request is sent as raw bytes, because `fetch` cannot send another `Host` header.
    const request = [
      'POST /api/v3/flows/executor/back/?query=next%3D%2Fa%26foo%3Dbar HTTP/1.1',
      ...Object.entries({ ...headers, host: 'evil.example' }).map(([name, value]) => `${name}: ${value}`),
      `cookie: authentik_session=${browser.cookie()}`,
      'content-length: 21',
    ];
    await sendRaw(deployment.url, `${request.join('\r\n')}\r\n\r\n{"uid_field":"heidi"}`);
    const { link } = readMail(await mailbox.mailTo('heidi@example.org'));
    expect(link.origin + link.pathname).toBe(`${deployment.url}/if/flow/back/`);
    expect([...link.searchParams.keys()]).toEqual(['next', 'foo', 'flow_token']);
  });

  it('are not logged, and are stored sealed only', async () => {
    const { link, code } = await requestMail('ivan');
    const token = link.searchParams.get('flow_token') ?? '';
    expect(token).toMatch(/^[A-Za-z0-9]{60}$/);
    await deployment.browser().show('back', link.search.slice(1));
    const dump = await deployment.rows(
      `SELECT encode(body, 'escape') AS body FROM flow.plans UNION ALL SELECT encode(body, 'escape') FROM flow.outbox
       UNION ALL SELECT encode(body, 'escape') || encode(hash, 'escape') FROM flow.resume_tokens`,
    );
    const written = [
      JSON.stringify(dump),
      ...['gateway', 'enrollment', 'courier'].map((name) => deployment.output(name)),
    ].join();
    expect(written).not.toContain(token);
    expect(written).not.toMatch(new RegExp(`"${code}"`));
  });

  describe('requested for an unknown username (accident 6)', () => {
    it('cause the same responses and rows as for a known username, but no mail', async () => {
      const results: unknown[] = [];
      for (const uid_field of ['alice', 'nobody-of-that-name']) {
        const [browser, mailed, links] = [
          deployment.browser(),
          await countRows('flow.mailed'),
          await countRows('flow.resume_tokens'),
        ];
        const answers = [await browser.show('back')];
        for (const body of [{ uid_field }, {}, { code: '12345x' }]) answers.push(await browser.solve('back', body));
        results.push({
          answers: answers.map(({ status, text }) => ({ status, text: text.replaceAll(uid_field, 'NAME') })),
          links: (await countRows('flow.resume_tokens')) - links,
          mailed: (await countRows('flow.mailed')) - mailed,
        });
      }
      expect(results[1]).toEqual(results[0]);
      expect(mailbox.mails.flatMap(({ recipients }) => recipients).join()).not.toContain('nobody');
    });
  });

  it('work in the flows of docs/how-to/enrolment-and-recovery.md: enrol, log in, and replace the password by a mail', async () => {
    const page = DocumentedCommands.of('docs/how-to/enrolment-and-recovery.md');
    await deployment.apply(await readFile('blueprints/default-authentication-flow.yaml', 'utf8'));
    for (const text of page.all('yaml')) await deployment.apply(text);
    const repeated = (password: string) => ({ password, password_repeat: password });
    const login = async (password: string) => {
      const browser = deployment.browser();
      const { body } = await browser.solve('default-authentication-flow', { uid_field: 'quinn' });
      await browser.solve('default-authentication-flow', { password });
      return [body['component'], await statusOf(browser)];
    };

    const visitor = deployment.browser();
    const account = { username: 'quinn', name: 'Quinn', email: 'quinn@example.org' };
    const short = await visitor.solve('enrolment', { ...account, ...repeated('short') });
    expect(short.body).toMatchObject({
      response_errors: { non_field_errors: [{ string: 'A password has at least 8 characters.' }] },
    });
    expect((await visitor.solve('enrolment', { ...account, ...repeated('first-pass-1') })).body).toMatchObject(DONE);
    expect([await statusOf(visitor), await login('first-pass-1')]).toEqual([200, ['ak-stage-password', 200]]);

    await deployment.browser().solve('recovery', { uid_field: 'quinn' });
    const { query } = readMail(await mailbox.mailTo(account.email));
    const phone = deployment.browser();
    expect((await followLink(phone, 'recovery', query)).body).toMatchObject({ component: 'ak-stage-prompt' });
    expect((await phone.solve('recovery', repeated('second-pass-2'))).body).toMatchObject(DONE);
    expect([await login('first-pass-1'), await login('second-pass-2')]).toEqual([
      ['ak-stage-password', 403],
      ['ak-stage-password', 200],
    ]);

    const links = (await deployment.browser().show('default-authentication-flow')).body;
    expect(links).toMatchObject({
      enroll_url: expect.stringContaining('/enrolment/'),
      recovery_url: expect.stringContaining('/recovery/'),
    });
  });
});
