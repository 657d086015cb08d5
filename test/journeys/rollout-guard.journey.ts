import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { administratorsEntry } from '../support/administrators.js';
import { blueprint, flowEntries, IDENTIFICATION, keyOf, LOGIN, userEntry } from '../support/blueprints.js';
import { Browser, usernameOf } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { recordedEvents } from '../support/recorded-events.js';
import { SiteverifyServer } from '../support/siteverify.js';

/** Answered plans of each version that the guard needs for its first test. */
const PLANS = 200;
const CONCURRENCY = 8;
/**
 * The attack uses fewer networks than the guard leaves out of its comparison. It abandons so many plans that the
 * rate over all networks drops by far more than the guard allows.
 */
const ATTACK = { networks: 12, plans: 10 };
const SECRET = 'hush-hush-hush';

let provider: SiteverifyServer;
let deployment: Deployment;
let gateways: [string, string];
let folder: string;
beforeAll(async () => {
  provider = await SiteverifyServer.open(SECRET);
  const users = [userEntry('alice'), userEntry('root'), administratorsEntry('root')];
  // The candidate adds a captcha between the same stages. If it had another login stage, the guard would only halt the
  // rollout, and not end it.
  const flow = (title: string) => flowEntries('login', [IDENTIFICATION, LOGIN], { title });
  const captcha = [
    {
      model: 'authentik_stages_captcha.captchastage',
      ...{ id: 'captcha', identifiers: { name: 'captcha' } },
      attrs: { public_key: 'site', private_key: SECRET, api_url: provider.url },
    },
    {
      model: 'authentik_flows.flowstagebinding',
      identifiers: { target: keyOf('login'), stage: keyOf('captcha'), order: 5 },
    },
  ];
  deployment = await Deployment.open({
    blueprints: [blueprint(...users, flowEntries('other', [IDENTIFICATION, LOGIN])), blueprint(flow('Old'))],
    services: ['identification', 'session', 'captcha', 'blueprints'],
    gateway: { TRUSTED_PROXIES: '127.0.0.1', CLEANUP_EVERY_S: '1' },
    environment: { CAPTCHA_HOSTS: '127.0.0.1', ROLLOUT_LOOK_S: '1', ROLLOUT_SETTLE_S: '1' },
  });
  gateways = [deployment.url, await deployment.openAnotherGateway()];
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-guard-'));
  const file = join(folder, 'draft.yaml');
  await writeFile(file, blueprint(flow('New'), ...captcha));
  await deployment.command('blueprint', 'apply', '--draft', file);
  const guard = ['--percent', '50', '--guard', 'completion=-2%'];
  await deployment.command('flow', 'publish', 'login', '2', ...guard);
});
afterAll(async () => {
  await deployment?.close();
  await provider?.close();
  await rm(folder, { recursive: true });
});

let visitors = 0;

/** A visitor of the flow, at one of the gateways. */
class Visitor {
  readonly number = visitors++;
  readonly browser = new Browser(gateways[this.number % 2]!);

  /** `network` is the number of the visitor's network. By default, each visitor has a network of its own. */
  constructor(private readonly network = this.number) {}

  show() {
    return this.send({});
  }

  identify() {
    return this.send({ method: 'POST', body: '{"uid_field":"alice"}' });
  }

  /** Answers the captcha with a new token. */
  pass() {
    return this.send({ method: 'POST', body: `{"token":"good ${this.number}"}` });
  }

  private async send(request: RequestInit): Promise<{ component: string; title: string }> {
    const address = `10.${this.network >> 8}.${this.network & 255}.7`;
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': address };
    const init = { ...request, headers };
    const { body } = await this.browser.fetch('/api/v3/flows/executor/login/?query=', init);
    const { component, flow_info: flow } = body as { component: string; flow_info?: { title: string } };
    return { component, title: flow?.title ?? '' };
  }
}

const DONE = 'xak-flow-redirect';
const CAPTCHA = 'ak-stage-captcha';

/** Number of visitors by the version that they got and the component of their last response. */
const ends = new Map<string, number>();
const stuck: Visitor[] = [];

/** Visits the flow as a new visitor, and answers its challenges as far as its version works. */
async function visit(): Promise<void> {
  const visitor = new Visitor();
  const { title } = await visitor.show();
  const end = await finish(visitor, title);
  if (end === CAPTCHA) stuck.push(visitor);
}

/** Answers all challenges of a version. Returns the component of the last response. */
async function finish(visitor: Visitor, title: string): Promise<string> {
  const { component } = await visitor.identify();
  expect(component).toBe(title === 'New' ? CAPTCHA : DONE);
  const end = title === 'New' ? (await visitor.pass()).component : component;
  ends.set(`${title} ${end}`, (ends.get(`${title} ${end}`) ?? 0) + 1);
  return end;
}

/** Lets visitors log in until `isOver` returns true. Calls it after each round of visits. */
async function visitUntil(isOver: () => Promise<boolean>): Promise<void> {
  do await Promise.all(Array.from({ length: CONCURRENCY }, visit));
  while (!(await isOver()));
}

interface Finding {
  readonly verdict: string;
  readonly current: { readonly plans: number };
  readonly candidate: { readonly plans: number; readonly completed: number };
}

/** Returns what the guard found at its last comparison; `undefined` if the rollout has ended. */
async function finding(): Promise<Finding | null | undefined> {
  const [rollout] = await deployment.rows<{ finding: Finding | null }>('SELECT finding FROM flow.rollouts');
  return rollout?.finding;
}

const versions = async () => {
  const [flow] = await deployment.rows<{ candidate: boolean; title: string }>(
    `SELECT f.candidate_id IS NOT NULL AS candidate, v.document->'flow'->>'title' AS title
     FROM flow.flows f JOIN flow.flow_versions v ON v.id = f.version_id WHERE f.slug = 'login'`,
  );
  return flow;
};

/** Timeout in milliseconds of tests with hundreds of logins, on a loaded machine. */
const LOGINS_TIMEOUT_MS = 120_000;

it('an attacker who abandons many runs from few networks cannot end a rollout', {
  timeout: LOGINS_TIMEOUT_MS,
}, async () => {
  for (let network = 0; network < ATTACK.networks; network++)
    for (let plans = 0; plans < ATTACK.plans; ) {
      const attacker = new Visitor(60_000 + network);
      // The attacker starts new sessions until one of them gets the new version.
      if ((await attacker.show()).title === 'Old') continue;
      await attacker.identify();
      plans++;
    }
  let last: Finding | null | undefined;
  await visitUntil(async () => {
    last = await finding();
    return last === undefined || (last !== null && last.current.plans >= PLANS && last.candidate.completed >= PLANS);
  });
  expect(last?.candidate.plans).toBeGreaterThanOrEqual(PLANS + ATTACK.networks * ATTACK.plans);
  expect(last?.verdict).not.toBe('lower');
  expect(await versions()).toEqual({ candidate: true, title: 'Old' });
});

it('a broken version is rolled back automatically, and running logins complete on their version', {
  timeout: LOGINS_TIMEOUT_MS,
}, async () => {
  const early = await Promise.all(
    Array.from({ length: 16 }, async () => {
      const visitor = new Visitor();
      return { visitor, title: (await visitor.show()).title };
    }),
  );
  expect(new Set(early.map(({ title }) => title))).toEqual(new Set(['Old', 'New']));
  provider.override = (response) => void response.end('{"success":false,"error-codes":["invalid-input-secret"]}');
  await visitUntil(async () => !(await versions())?.candidate);
  expect(await versions()).toEqual({ candidate: false, title: 'Old' });

  const [event] = await recordedEvents(deployment, 'flow_rolled_back');
  expect(event?.data).toMatchObject({
    actor: { command: 'flow guard' },
    context: { flow: { slug: 'login' }, guard: { margin: 2 } },
  });
  expect(event?.data.context['reason']).toMatch(
    /^The completion rate has dropped by more than 2 percentage points: \d+\.\d % of \d+ plans from \d+ networks, before 100\.0 % of/,
  );

  const later = await Promise.all(Array.from({ length: 16 }, () => new Visitor().show()));
  expect(new Set(later.map(({ title }) => title))).toEqual(new Set(['Old']));

  provider.override = undefined;
  const ended = await Promise.all(
    early.map(async ({ visitor, title }) => {
      const end = await finish(visitor, title);
      return [end, await usernameOf(visitor.browser)];
    }),
  );
  expect(ended).toEqual(early.map(() => [DONE, 'alice']));
  expect(new Set(ends.keys())).toEqual(new Set([`Old ${DONE}`, `New ${DONE}`, `New ${CAPTCHA}`]));
});

it('the funnel adds up the runs of both gateways', async () => {
  for (const { browser } of stuck) await browser.fetch('/flows/-/cancel/');
  const queued = () => deployment.rows('SELECT FROM flow.unrecorded_plans WHERE body IS NOT NULL');
  await expect.poll(queued).toEqual([]);
  const root = deployment.browser();
  await root.solve('other', { uid_field: 'root' });
  const { body } = await root.fetch('/api/v3/flows/instances/login/funnel/');
  const [candidate, current] = body['versions'] as { steps: object[] }[];
  const [done, left] = [ends.get(`New ${DONE}`)!, ends.get(`New ${CAPTCHA}`)!];
  const others = { denied: 0, abandoned: 0, expired: 0 };
  expect(current).toMatchObject({ ...others, version: 1, done: ends.get(`Old ${DONE}`)! });
  expect(candidate).toMatchObject({ ...others, version: 2, done, abandoned: left });
  expect(candidate?.steps[1]).toMatchObject({ kind: 'captcha', reached: done + left, passed: done, rejected: left });
});
