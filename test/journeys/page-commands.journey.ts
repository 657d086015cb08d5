import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { blueprint, EMAIL, flowEntries, IDENTIFICATION, keyOf, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { loggedLine } from '../support/logged-line.js';
import { PageShell } from '../support/page-shell.js';
import { migratedDatabase } from '../support/postgres.js';

const RIGHT = 'correct-horse-7';
const FLOW = 'default-authentication-flow';
const HOW_TO = 'docs/how-to';

/** The flow whose trace docs/how-to/help-a-user.md shows. */
const TRACED = [
  ...flowEntries('login', []),
  ...[IDENTIFICATION, PASSWORD, EMAIL].flatMap(({ stage, attrs = {} }, i) => {
    const name = `login-${/^\w+/.exec(stage)![0]}`;
    const model = `authentik_stages_${stage}`;
    return [
      { model, id: name, identifiers: { name }, attrs },
      {
        model: 'authentik_flows.flowstagebinding',
        identifiers: { target: keyOf('login'), stage: keyOf(name), order: i },
      },
    ];
  }),
];

let deployment: Deployment;
let shell: PageShell;
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [blueprint(userEntry('admin'), userEntry('bob'), userEntry('eve'), userEntry('locked'), TRACED)],
    environment: { LOG_LEVEL: 'info' },
    services: ['identification', 'password', 'session', 'consent', 'enrollment', 'mfa', 'courier'],
    // A test stops this service.
    alone: ['enrollment'],
  });
  await deployment.applyFiles('blueprints');
  shell = await PageShell.open((name, args, input) => deployment.operate(name, args, input));
});
afterAll(async () => {
  await shell?.close();
  await deployment?.close();
});

const pageOf = (name: string) => DocumentedCommands.of(`${HOW_TO}/${name}.md`);
const linesOf = (block: string) => block.trim().split('\n');
/** Returns the component of the first challenge of a flow. */
const shownIn = (slug: string) =>
  deployment
    .browser()
    .show(slug)
    .then(({ body }) => body['component']);

describe('the commands of operators', () => {
  it('create a user, directly and with compose', async () => {
    for (const line of linesOf(pageOf('manage-users').block('sh', /create alice/))) {
      expect(await shell.runOk(line, { stdin: `${RIGHT}\n` })).toContain('created alice');
      await shell.runOk('npm run user -- delete alice');
    }
    await shell.runOk('npm run user -- create alice --email alice@example.org --password', { stdin: `${RIGHT}\n` });
  });

  it('trace a login, as the page on helping a user shows', async () => {
    const page = pageOf('help-a-user');
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'bob' });
    const { headers } = await browser.solve('login', { password: 'wrong' });
    await browser.solve('login', { password: RIGHT });
    const request = headers.get('x-authentik-id')!;
    const [byRequest = '', byPlan = ''] = linesOf(page.block('sh', /^npm run flow -- trace/));
    const trace = await shell.runOk(byRequest.replace(/trace \w+/, `trace ${request}`));
    const [plan = ''] = /[0-9a-f-]{36}/.exec(trace)!;
    const json = await shell.runOk(byPlan.replace(/trace \S+/, `trace ${plan}`));
    expect(JSON.parse(json)).toMatchObject({ traces: [{ plan }] });

    const shape = (text: string) =>
      text
        .replaceAll(/\S+Z\b/g, 'TIME')
        .replaceAll(/[0-9a-f-]{36}/g, 'UUID')
        .replaceAll(/="[^"\n]*"|=\{.*\}|=\d+/g, '=VALUE')
        .replaceAll('user alice', 'user bob');
    const events = (text: string) => text.replaceAll(', published', ', STATE').replaceAll(', waits\u0020', ', STATE ');
    const mails = /^TIME {2}mail .*$/m;
    const documented = events(shape(page.block('text', /^Plan /)));
    const actual = events(shape(trace));
    expect(linesOf(actual.replace(mails, ''))).toEqual(linesOf(documented.replace(mails, '')));
    expect(actual).toMatch(/^TIME {2}mail {3}waits.* to=VALUE {2}template=VALUE {2}tries=VALUE/m);
  });

  it('trace a login that was denied, after the flow was started again, and one of a locked account', async () => {
    const traceOf = async (headers: Headers) => shell.runOk(`npm run flow -- trace ${headers.get('x-authentik-id')}`);
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'eve' });
    const { headers } = await browser.solve('login', { password: 'wrong' });
    for (let attempt = 2; attempt <= 5; attempt++) await browser.solve('login', { password: 'wrong' });
    expect(await traceOf(headers)).toMatch(/^ {2}denied: .+ \(too_many_attempts\);/m);
    expect((await browser.solve('login', { uid_field: 'eve' })).body['component']).toBe('ak-stage-password');
    const trace = await traceOf(headers);
    expect(trace).toMatch(/^ {2}denied \(too_many_attempts\) at \S+Z; the plan is deleted/m);
    expect(trace.match(/ step {3}login-password \(password\): (rejected|denied)$/gm)).toHaveLength(5);

    await shell.runOk('npm run user -- lock locked');
    const visitor = deployment.browser();
    await visitor.solve('login', { uid_field: 'locked' });
    const refused = await traceOf((await visitor.solve('login', { password: RIGHT })).headers);
    expect(refused).toMatch(/, user locked \(locked now\)$/m);
    expect(refused).toMatch(/ event {2}login_failed, .* account="locked" /);
  });

  it('find the plan of a request, refusals and errors in the logs', async () => {
    const browser = deployment.browser();
    await browser.solve(FLOW, { uid_field: 'bob' });
    const { headers } = await browser.solve(FLOW, { password: 'wrong' });
    await loggedLine(deployment, 'flow_answered', headers.get('x-authentik-id'));
    const output = (name: string) =>
      deployment
        .output(name)
        .split('\n')
        .filter((line) => line.startsWith('{'));
    await shell.write('gateway.log', `${output('gateway').join('\n')}\n`);
    const ids = { '9f0c…': headers.get('x-authentik-id')! };
    const help = await shell.runOk(pageOf('help-a-user').block('sh', /request_id ==/, ids));
    expect(help).toMatch(/^[0-9a-f-]{36}\n$/);
    const page = pageOf('search-logs');
    const plans = { ...ids, '0199…': help.trim() };
    const [plan = '', ...lines] = linesOf(await shell.runOk(page.block('sh', /\.plan/, plans)));
    expect(plan).toBe(help.trim());
    expect(lines.length).toBeGreaterThan(1);
    const refusals = await shell.runOk(page.block('sh', /reasons/));
    expect(refusals).toMatch(/^ +\d+ default-authentication-flow\tshow\tpassword=password_invalid$/m);
    expect(await shell.run(page.block('sh', /"error"/))).toMatchObject({ code: 0 });
  });

  it('find a login by a name and a time: whether the account is locked, its events, and requests without any', async () => {
    await shell.runOk('npm run user -- lock locked');
    const page = pageOf('help-a-user');
    const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 16);
    const times = { '2026-11-28T20:30': day(-1), '2026-11-28T21:00': day(1) };
    const commands = (user: string) => linesOf(page.block('sh', /^npm run user -- list/, { ...times, alice: user }));
    expect(await shell.runOk(commands('locked')[0]!)).toContain('  internal  locked  ');
    const browser = deployment.browser();
    await browser.solve(FLOW, { uid_field: 'admin' });
    await browser.solve(FLOW, { password: 'wrong' });
    await expect.poll(() => shell.runOk(commands('admin')[1]!)).toContain('"gatehouse.login_failed"');

    const other = deployment.browser();
    await other.solve('login', { uid_field: 'bob' });
    await deployment.stop('enrollment');
    const logged = deployment.says('gateway', /"outcome":"problem"/);
    expect((await other.solve('login', { password: RIGHT })).status).toBe(503);
    await logged;
    await deployment.start('enrollment');
    const lines = deployment.output('gateway').split('\n');
    await shell.write('gateway.log', `${lines.filter((line) => line.startsWith('{')).join('\n')}\n`);
    const { stdout } = await shell.run(page.block('sh', /outcome == "problem"/, { ...times, alice: 'bob' }));
    expect(stdout).toMatch(/^Plan \S+ of the flow login, user bob\n {2}at login-email/m);
  });

  it('export events', async () => {
    const browser = deployment.browser();
    await browser.solve(FLOW, { uid_field: 'alice' });
    await browser.solve(FLOW, { password: 'wrong' });
    const [since = '', failed = '', after = ''] = linesOf(pageOf('audit-events').block('sh', /events -- export/));
    await expect.poll(() => shell.runOk(failed)).toContain('"gatehouse.login_failed"');
    const all = linesOf(await shell.runOk(since));
    const { id } = JSON.parse(all[0]!) as { id: string };
    expect(linesOf(await shell.runOk(after.replace('019a…', id)))).toEqual(all.slice(1));
  });

  it('list, retry and remove mails', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'bob' });
    await browser.solve('login', { password: RIGHT });
    const park = `UPDATE flow.outbox SET parked_at = now(), tries = 12, error = '550 who' WHERE topic = 'mail' RETURNING id`;
    const [list = '', waiting = '', retry = '', remove = '', compose = ''] = linesOf(
      pageOf('send-mail').block('sh', /mail -- list/),
    );
    expect(await shell.runOk(waiting)).toContain('bob@example.org');
    const ids = (await deployment.rows<{ id: string }>(park)).map(({ id }) => id).join(' ');
    expect(await shell.runOk(list)).toContain('550 who');
    expect(await shell.runOk(compose)).toBe(await shell.runOk(list));
    expect(await shell.runOk(retry.replace('ID…', ids))).toMatch(/^\d to be sent again/);
    await deployment.rows(park);
    expect(await shell.runOk(remove.replace('ID…', ids))).toMatch(/^\d removed/);
  });

  it('exist as the runbooks name them', async () => {
    const blocks = DocumentedCommands.of('docs/how-to/runbooks.md').all('sh');
    const commands = new Set(blocks.flatMap(linesOf).filter((line) => line.startsWith('npm run ')));
    expect(commands.size).toBeGreaterThan(3);
    for (const command of commands) {
      const { code, stderr } = await shell.run(command);
      expect(code === 0 || stderr.includes('is being rolled out'), `${command}: ${stderr}`).toBe(true);
    }
  });

  it('reseal values', async () => {
    const [dryRun = '', reseal = ''] = linesOf(pageOf('rotate-secrets').block('sh', /^npm run keys/));
    expect(await shell.runOk(dryRun)).not.toBe('');
    expect(await shell.runOk(reseal)).not.toBe('');
  });

  it('compare the shipped blueprints with the stored objects', async () => {
    await deployment.applyFiles('blueprints');
    expect(await shell.runOk(pageOf('upgrade').block('sh', /blueprint -- update/))).toMatch(
      /like the stored objects[^]*nothing changed/,
    );
  });
});

describe('the page on upgrades', () => {
  it('has a command that undoes the migrations after the last contract step', async () => {
    const database = await migratedDatabase();
    const command = pageOf('upgrade').block('sh', /migrate -- --down/);
    expect(await shell.runOk(`export DATABASE_URL=${database.url}\n${command}`)).toMatch(/^undone: |^nothing to undo/m);
    await database.drop();
  });
});

describe('the page on editors', () => {
  const page = pageOf('write-blueprints-in-an-editor');

  it('writes the schema of blueprints that the gateway serves, and shows an example that matches the schema', async () => {
    await shell.runOk(page.block('sh', /schema --output/));
    const schema: unknown = JSON.parse(await shell.runOk('cat blueprint.schema.json'));
    const served = await fetch(`${deployment.url}/schemas/blueprint.json`);
    expect(await served.json()).toEqual(schema);
    const example: unknown = parse(page.block('yaml', /yaml-language-server/));
    const validate = new Ajv({ strict: false, allErrors: true }).compile(schema as object);
    const faults = validate(example) ? [] : (validate.errors ?? []);
    expect(faults.filter(({ keyword }) => keyword !== 'required')).toEqual([]);
  });
});

// These tests run last, because they change the login, whose new condition needs the policy service.
describe('the blueprints of pages', () => {
  it.each([
    ['enrolment-and-recovery', ['enrolment.yaml', 'recovery.yaml'], 'recovery'],
    ['log-in-by-mail', ['mail-login.yaml'], 'mail-login'],
    ['passkeys', ['passkeys.yaml'], FLOW],
  ])('%s: the commands find no error and apply the file, and the flow starts', async (name, files, slug) => {
    const page = pageOf(name);
    const texts = page.all('yaml');
    for (const [i, file] of files.entries()) await shell.write(file, texts[i]!);
    const output = await shell.runOk(`export API_VERSION=2026.8\n${page.block('sh', /blueprint -- check/)}`);
    expect(output).toMatch(/\b0 errors[^]*created/);
    for (const file of files.slice(1)) await shell.runOk(`npm run blueprint -- apply ${file}`);
    expect(await shownIn(slug)).toBe('ak-stage-identification');
  });

  it('protect-an-application: the command applies the file', async () => {
    const page = pageOf('protect-an-application');
    await shell.write('app.yaml', page.block('yaml', /^# app.yaml/));
    expect(await shell.runOk(page.block('sh', /blueprint -- apply/))).toContain('created');
  });

  it('sign-in-devices: a device gets a code, and the page for it exists', async () => {
    await shell.write('devices.yaml', pageOf('sign-in-devices').block('yaml', /^version: 1/));
    await shell.runOk('npm run blueprint -- apply devices.yaml');
    const body = new URLSearchParams({ client_id: 'tv' });
    const device = await fetch(`${deployment.url}/application/o/device/`, { method: 'POST', body });
    expect(await device.json()).toMatchObject({ user_code: expect.stringMatching(/^\d{9}$/), interval: 5 });
    expect((await deployment.browser().fetch('/device')).status).toBe(302);
  });
});
