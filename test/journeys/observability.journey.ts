import { writeFile } from 'node:fs/promises';
import { REDACTED } from '@gatehouse/contracts';
import { generateSync, ScureBase32Plugin } from 'otplib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { logLine } from '../../libs/platform/src/logging/log-line.js';
import { blueprint, EMAIL, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Browser } from '../support/browser.js';
import { Deployment, SERVICES } from '../support/deployment.js';
import { Mailbox, smtpError } from '../support/mailbox.js';
import { valueIn } from '../support/metrics.js';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.js';
import { boundEntry, expressionEntry } from '../support/policy-entries.js';
import { freePort } from '../support/processes.js';
import { sendRaw } from '../support/raw-http.js';
import { readMail } from '../support/read-mail.js';
import { drawTraces } from '../support/trace-picture.js';
import { completeTraces, pathsOf, type Trace } from '../support/traces.js';
import { WebhookReceiver, webhookSecret } from '../support/webhook-receiver.js';

let deployment: Deployment;
let port: number;
/** Monitoring port of the session service, which listens on all addresses. */
let openPort: number;
let collector: OtlpReceiver;
let mailbox: Mailbox;
let receiver: WebhookReceiver;

/** The processes of the deployment. */
const PROCESSES = ['gateway', ...SERVICES, 'mfa', 'enrollment', 'policy', 'courier'] as const;
/** Texts that the tests of this file have typed, received or stored in cookies. No line of a log may contain one. */
const secrets = new Set(['correct-horse-7', 'alice', 'alice@example.org', 'bob', 'bob@example.org']);
const cookiesOf = (browser: Browser) => ['authentik_session', 'authentik_csrf'].map((name) => browser.cookie(name)!);

const URL_SECRET = 'secret-of-the-url'; // not-a-secret

const CODES = { stage: 'authenticator_totp.authenticatortotpstage', attrs: { digits: 6 } };
const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { device_classes: ['totp'], not_configured_action: 'deny' },
};

beforeAll(async () => {
  [port, openPort] = [await freePort(), await freePort()];
  collector = await OtlpReceiver.open();
  mailbox = await Mailbox.open({
    refuse: (recipient) => (recipient.startsWith('alice') ? smtpError(550, `no mailbox ${recipient}`) : undefined),
  });
  receiver = await WebhookReceiver.open({
    answer: ({ event }, response) => void response.writeHead(event.data.action === 'login_failed' ? 503 : 204).end(),
  });
  const hook = { name: 'siem', url: `${receiver.url}?key=${URL_SECRET}`, secrets: [webhookSecret(9)] };
  for (const text of [URL_SECRET, webhookSecret(9)]) secrets.add(text);
  const webhooks = { WEBHOOKS: JSON.stringify([hook]), WEBHOOK_HOSTS: '127.0.0.1' };
  deployment = await Deployment.open({
    apart: 'all',
    blueprints: [
      blueprint(
        ...[userEntry('alice'), userEntry('bob')],
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('enrol', [IDENTIFICATION, CODES]),
        flowEntries('mailed', [IDENTIFICATION, EMAIL]),
        flowEntries('strong', [IDENTIFICATION, PASSWORD, VALIDATE, EMAIL, LOGIN]),
        expressionEntry('only bob', 'return request.user.username == "bob"'),
        boundEntry('strong-1 bound', 'only bob'),
      ),
    ],
    services: PROCESSES.filter((name) => name !== 'gateway'),
    gateway: { MONITORING_PORT: String(port) },
    own: { session: { MONITORING_PORT: String(openPort), MONITORING_HOST: '0.0.0.0' } },
    environment: { LOG_LEVEL: 'debug', ...collector.settings, ...mailbox.settings, ...webhooks },
  });
});
afterAll(async () => {
  await deployment?.close();
  await mailbox?.close();
  await receiver?.close();
  await collector?.close();
});

it('the logs of the gateway and of the stages correlate a login by its plan', async () => {
  const browser = deployment.browser();
  const logged = [
    deployment.says('identification', /"verb":"respond"/),
    deployment.says('password', /"verb":"respond"/),
    deployment.says('gateway', /"outcome":"done"/),
  ];
  const { headers } = await browser.solve('login', { uid_field: 'alice' });
  await browser.solve('login', { password: 'correct-horse-7' });
  await Promise.all(logged);
  const lines = deployment
    .output('gateway')
    .split('\n')
    .filter((line) => line.includes('"flow_answered"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const plan = lines[0]?.['plan'];

  expect(lines).toMatchObject([
    {
      request_id: headers.get('x-authentik-id'),
      method: 'POST',
      flow: 'login',
      outcome: 'show',
      component: 'ak-stage-password',
      stage: 'password',
    },
    { flow: 'login', plan, outcome: 'done' },
  ]);
  expect(deployment.output('identification')).toContain(`"plan":"${String(plan)}","request":"${String(plan)}.0.0"`);
  expect(deployment.output('password')).toContain(`"plan":"${String(plan)}","request":"${String(plan)}.0.1"`);
  for (const cookie of cookiesOf(browser)) secrets.add(cookie);
});

it('metrics are served on the loopback address only, unless MONITORING_HOST names another one', async () => {
  // The metrics would also be served at this address if the server listened on all addresses, because 127.0.0.0/8 is
  // all loopback.
  await expect(fetch(`http://127.0.0.2:${port}/metrics`)).rejects.toThrow('fetch failed');
  expect((await fetch(`http://127.0.0.2:${openPort}/metrics`)).status).toBe(200);
});

const scrapeGateway = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

it('metrics count responses, flows, steps and statements, without labels for users', async () => {
  const text = await scrapeGateway();
  const flow = 'flow="login",designation="authentication"';

  expect(text).toMatch(
    /gatehouse_http_seconds_count\{route="[^"]*executor\/:flow_slug[^"]*",method="POST",status="200"\} 2/,
  );
  expect(text).toMatch(/gatehouse_stage_hop_seconds_count\{kind="password",verb="respond",outcome="passed"\} 1/);
  for (const [series, value] of [
    [`flows_begun_total{${flow}}`, 1],
    [`flows_ended_total{${flow},outcome="done"}`, 1],
    ['steps_total{flow="login",kind="password",outcome="passed"}', 1],
    ['statement_seconds_count{statement="plan_load",outcome="ok"}', 2],
    ['statement_seconds_count{statement="plan_begin_with_session",outcome="ok"}', 1],
    ['statement_seconds_count{statement="save",outcome="ok"}', 1],
    ['pool_limit', 10],
    ['nats_connected', 1],
    ['ready', 1],
  ] as const)
    expect([series, valueIn(text, `gatehouse_${series}`)]).toEqual([series, value]);
  expect(text).toMatch(/gatehouse_key_info\{setting="SEAL_KEYS",use="encrypt",id="\w+"\} 1/);
  expect(text).not.toContain('alice');
});

it('each request of a login is one trace, from HTTP into the SQL of the stages; mail and event are linked to it', async () => {
  const browser = deployment.browser();
  const setup = await browser.solve('enrol', { uid_field: 'bob' });
  const key = new URL((setup.body as { config_url: string }).config_url).searchParams.get('secret')!;
  const secret = new ScureBase32Plugin().decode(key);
  const step = Math.floor(Date.now() / 30_000);
  const [setupCode, loginCode] = [step, step + 1].map((at) => generateSync({ secret, epoch: at * 30 }));
  await browser.solve('enrol', { code: setupCode });
  await browser.solve('strong', { uid_field: 'bob' });
  await browser.solve('strong', { password: 'correct-horse-7' });
  await browser.solve('strong', { code: loginCode });
  const mail = readMail(await mailbox.mailTo('bob@example.org'));
  const login = await browser.solve('strong', { code: mail.code });
  expect(login.body).toMatchObject({ component: 'xak-flow-redirect' });

  const traces = await completeTraces(collector, 4, ({ attributes }) => attributes['gatehouse.flow'] === 'strong');
  const [identified, checked, sent, done] = traces;
  const roots = traces.map(([root]) => root!);
  expect(new Set(roots.map(({ attributes }) => attributes['gatehouse.plan'])).size).toBe(1);
  expect(roots.at(-1)).toMatchObject({
    name: 'POST /api/v3/flows/executor/:flow_slug',
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/api/v3/flows/executor/:flow_slug',
      'http.response.status_code': 200,
      'gatehouse.request_id': login.headers.get('x-authentik-id'),
      'gatehouse.outcome': 'done',
    },
  });
  const gateway = 'gateway: POST /api/v3/flows/executor/:flow_slug (server)';
  const stage = (service: string, subject: string) =>
    `${gateway} > gateway: request stage.${subject} (client) > ${service}: process stage.${subject} (server)`;
  expect(pathsOf(identified!)).toEqual(
    expect.arrayContaining([
      `${gateway} > gateway: plan_load (client)`,
      `${stage('identification', 'identification.respond')} > identification: users.find_normalised.email.username.folded (client)`,
      `${gateway} > gateway: request policy.evaluate (client) > policy: process policy.evaluate (server) > policy: evaluate expression (internal)`,
      stage('password', 'password.challenge'),
    ]),
  );
  expect(pathsOf(checked!)).toEqual(
    expect.arrayContaining([
      `${stage('password', 'password.respond')} > password: credentials.find_password (client)`,
      `${stage('password', 'password.respond')} > password: check password hash (internal)`,
      `${gateway} > gateway: save.key.settle (client)`,
    ]),
  );
  expect(pathsOf(sent!)).toEqual(
    expect.arrayContaining([
      `${stage('mfa', 'authenticator_validate.respond')} > mfa: devices.use (client)`,
      stage('enrollment', 'email.challenge'),
    ]),
  );
  expect(done!.find(({ name }) => name === 'process stage.user_login.challenge')).toMatchObject({
    service: 'gatehouse-session',
    attributes: {
      'messaging.system': 'nats',
      'messaging.destination.name': 'stage.user_login.challenge',
      'gatehouse.stage.kind': 'user_login',
      'gatehouse.outcome': 'passed',
    },
  });
  expect(identified!.find(({ name }) => name === 'evaluate expression')?.attributes).toEqual({
    'gatehouse.policy.kind': 'expression',
    'gatehouse.policy.name': 'only bob',
    'gatehouse.outcome': 'pass',
  });

  const linkedTo = (trace: Trace | undefined, name: string) =>
    completeTraces(collector, 1, (root) => root.name === name && root.links.some(isRootOf(trace)));
  const [delivery] = await linkedTo(sent, 'deliver mail');
  expect(pathsOf(delivery!)).toContain('courier: deliver mail (consumer) > courier: send mail (client)');
  expect(delivery![0]!.attributes).toMatchObject({ 'gatehouse.outcome': 'sent', 'gatehouse.outbox.tries': 1 });
  const [published] = await linkedTo(done, 'publish events');
  expect(published![0]).toMatchObject({ kind: 'producer', attributes: { 'gatehouse.outcome': 'published' } });

  const [hooked] = await linkedTo(done, 'deliver webhook');
  expect(pathsOf(hooked!)).toContain('courier: deliver webhook (consumer) > courier: POST (client)');
  expect(hooked![0]!.attributes).toMatchObject({ 'gatehouse.outbox.kind': 'webhook', 'gatehouse.outbox.tries': 1 });

  const exported = collector.raw.join('\n');
  const token = mail.link.searchParams.get('flow_token')!;
  const used = [URL_SECRET, key, setupCode!, loginCode!, mail.code, ...cookiesOf(browser), token];
  for (const text of used) secrets.add(text);
  for (const text of [...used, 'correct-horse-7', 'bob@example.org', 'flow_token', 'example.org'])
    expect({ text, isExported: exported.includes(text) }).toEqual({ text, isExported: false });
  if (process.env['TRACE_PICTURE'])
    await writeFile(process.env['TRACE_PICTURE'], drawTraces([checked!, sent!, delivery!]));
});

const isRootOf =
  (trace: Trace | undefined) =>
  ({ traceId, spanId }: ReceivedSpan['links'][number]): boolean =>
    trace?.[0]?.traceId === traceId && trace[0].spanId === spanId;

it('a caller cannot make its request recorded or join its trace by traceparent, but its own trace is linked', async () => {
  const caller = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) };
  const trace = `00-${caller.traceId}-${caller.spanId}`;
  const send = (traceparent: string, browser = deployment.browser()) =>
    browser.fetch('/api/v3/root/config/', { headers: { traceparent, 'x-forwarded-for': '192.0.2.1' } });
  const isTraced = ({ headers }: { headers: Headers }) =>
    completeTraces(collector, 1, (root) => root.attributes['gatehouse.request_id'] === headers.get('x-authentik-id'));
  const [[linked] = []] = await isTraced(await send(`${trace}-01`));
  expect(linked).toMatchObject({ links: [caller], parentSpanId: undefined });
  expect(linked?.traceId).not.toBe(caller.traceId);
  for (const hostile of [trace, 'x'.repeat(8000), `00-${'0'.repeat(32)}-${caller.spanId}-01`]) {
    const response = await send(hostile);
    expect(response.status).toBe(200);
    expect((await isTraced(response))[0]?.[0]?.links).toEqual([]);
  }
  const settings = { OTEL_TRACES_SAMPLER_ARG: '0', MONITORING_PORT: String(await freePort()) };
  const unsampled = await deployment.openAnotherGateway(settings);
  const { headers } = await send(`${trace}-01`, new Browser(unsampled));
  // A process exports its last spans when it ends.
  expect(await deployment.end(`gateway-${new URL(unsampled).port}`)).toBe(0);
  expect(collector.raw.join('\n')).not.toContain(headers.get('x-authentik-id'));
});

it('clients cannot add series to the metrics', async () => {
  const seriesOf = (text: string) =>
    text
      .split('\n')
      .filter((line) => /^gatehouse_(http|flows|steps|stage|policy|attempts|rate|provider|refused)/.test(line))
      .map((line) => line.slice(0, line.lastIndexOf(' ')))
      .sort();
  const attack = async (word: string, method: string) => {
    const browser = deployment.browser();
    await browser.solve('login', { component: `ak-stage-${word}`, uid_field: word });
    for (const path of [`/api/v3/flows/executor/${word}/?query=`, `/${word}/`, `/if/flow/${word}/`, `/static/${word}`])
      await fetch(new URL(path, deployment.url), { headers: { 'user-agent': word, 'x-authentik-id': word } });
    await sendRaw(deployment.url, `${method} /${word}/ HTTP/1.1\r\nHost: ${word}\r\nConnection: close\r\n\r\n`);
  };
  await attack('mallory', 'PROPFIND');
  const before = await scrapeGateway();
  await attack('trudy', 'MKCOL');
  await attack('eve', 'UNLOCK');
  const after = await scrapeGateway();
  expect(seriesOf(after)).toEqual(seriesOf(before));
  expect(after).not.toMatch(/mallory|trudy|\beve\b|PROPFIND|MKCOL|UNLOCK/);
  expect(after).toContain('method="other"');
});

it('the log of the gateway says why an answer was refused', async () => {
  const browser = deployment.browser();
  await browser.solve('login', { uid_field: 'alice' });
  const logged = deployment.says('gateway', /"reasons":/);
  await browser.solve('login', { password: 'wrong' });
  await logged;
  const line = deployment
    .output('gateway')
    .split('\n')
    .find((text) => text.includes('"reasons":'));
  expect(JSON.parse(line!)).toMatchObject({ outcome: 'show', reasons: 'password=password_invalid' });
});

/** Makes the password service fail with this text, after which no user can log in. */
const failPasswords = (message: string) =>
  deployment.rows(`
    CREATE FUNCTION directory.fail() RETURNS bytea LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION '${message}'; END$$;
    DROP TABLE directory.password_ring_key CASCADE;
    CREATE VIEW directory.password_ring_key AS SELECT directory.fail() AS key`);

it('no line of any process contains a secret or the name of a user, and every line has the schema', async () => {
  const browser = deployment.browser();
  const logged = [deployment.says('courier', /"mail_not_sent"/), deployment.says('password', /"stage_failed"/)];
  await browser.solve('mailed', { uid_field: 'alice' });
  await browser.solve('login', { uid_field: 'mallory' });
  await browser.solve('login', { password: 'wrong-horse-8' });
  await browser.show('login', 'password=wrong-horse-8');
  await browser.fetch(`/if/flow/mailed/?flow_token=${'f'.repeat(40)}`);
  await browser.fetch('/api/v3/core/users/me/', { headers: { authorization: `Bearer ${'t'.repeat(60)}` } });
  await failPasswords('bob <bob@example.org> typed wrong-horse-8');
  const other = deployment.browser();
  await other.solve('login', { uid_field: 'bob' });
  await other.solve('login', { password: 'wrong-horse-8' });
  for (const text of ['mallory', 'wrong-horse-8', 'f'.repeat(40), 't'.repeat(60)]) secrets.add(text);
  for (const visitor of [browser, other]) secrets.add(visitor.cookie()!);
  await Promise.all(logged);

  // A process writes its last lines when it ends.
  await Promise.all(PROCESSES.map((name) => deployment.end(name)));
  const lines = PROCESSES.flatMap((name) => deployment.output(name).split('\n').slice(0, -1));
  expect(lines.length).toBeGreaterThan(100);
  for (const line of lines) {
    expect({ line, problem: logLine.safeParse(JSON.parse(line)).error?.message }).toEqual({ line, problem: undefined });
    for (const secret of secrets)
      expect({ line, secret, isLogged: isIn(line, secret) }).toMatchObject({ isLogged: false });
  }
  const refusals = lines.filter((line) => /"event":"(?:secret_in_query|token_refused)"/.test(line));
  expect(refusals.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { level: 'security', event: 'secret_in_query', client_ip: '127.0.0.1', method: 'GET' },
    { level: 'security', event: 'token_refused', client_ip: '127.0.0.1', route: '/api/v3/core/users/me' },
  ]);
  expect(lines.filter((line) => line.includes('webhook_not_delivered'))).not.toEqual([]);
  expect(secrets.size).toBe(22);
  expect(lines.join()).toContain(`550 no mailbox ${REDACTED}`);
});

/**
 * Returns whether a line contains a secret. Six digits count only as a whole word, because the ids of traces contain
 * some by chance.
 */
const isIn = (line: string, secret: string) =>
  /^\d{6}$/.test(secret) ? new RegExp(`(?<!\\w)${secret}(?!\\w)`).test(line) : line.includes(secret);
