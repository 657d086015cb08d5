import { randomUUID } from 'node:crypto';
import { POLICY_SUBJECT } from '@gatehouse/contracts';
import { isProcessAlive } from '@gatehouse/platform';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { policyRequestOf } from '../../libs/policies/testing/index.js';
import { describeWithNats } from '../support/nats.js';
import { type FreshDatabase, migratedDatabase } from '../support/postgres.js';
import { descendantsOf } from '../support/process-tree.js';
import type { RunningProcess } from '../support/processes.js';
import { CLEAN_EXIT, ServiceHarness } from './service-harness.js';

const requestOf = (kind: string, config: object = {}) => {
  const id = randomUUID();
  return { id, policy: { id, kind, name: `a ${kind} policy`, config: { ...config }, timeout_ms: 5000 } };
};

/** Timeout in milliseconds of a test that starts Python, which is slow on a loaded machine. */
const SLOW_START_MS = 60_000;

describeWithNats('the policy service', () => {
  let harness: ServiceHarness;
  let database: FreshDatabase;
  /** The service. In the first tests it has not run an expression yet. */
  let service: RunningProcess;
  const start = (more: Readonly<Record<string, string>> = {}) =>
    harness.start('policy', { DATABASE_URL: database.url, ...more });

  beforeAll(async () => {
    database = await migratedDatabase();
    harness = await ServiceHarness.open();
    service = await start();
  }, SLOW_START_MS);
  afterAll(async () => {
    await harness?.close();
    await database?.drop();
  });

  it('returns for each policy whether it passes, or the error of its evaluation', async () => {
    const [yes, far, other] = [
      requestOf('dummy', { result: true, wait_min: 0, wait_max: 1 }),
      requestOf('geoip', { countries: ['DE'] }),
      requestOf('another'),
    ];
    const policies = [yes.policy, far.policy, other.policy];
    expect(await harness.request(POLICY_SUBJECT, policyRequestOf({ policies }))).toMatchObject({
      results: {
        [yes.id]: { pass: true, messages: ['dummy'] },
        [far.id]: { pass: false, error: 'GeoIP: client IP address not found in City database.' },
        [other.id]: { pass: false, error: 'the policy kind another is unknown' },
      },
    });
  });

  it('reads reputation from the database', async () => {
    const { id, policy } = requestOf('reputation', { threshold: 0 });
    const reply = await harness.request(POLICY_SUBJECT, policyRequestOf({ policies: [policy] }));
    expect(reply).toMatchObject({ results: { [id]: { pass: true } } });
  });

  it(
    'starts a spare Python process after its first expression, unless POLICY_PYTHON_SPARES is 0, and ends it with itself',
    async () => {
      const { policy } = requestOf('expression', { expression: 'return True' });
      const count = async (pid: number) => {
        const before = (await descendantsOf(pid)).length;
        await harness.request(POLICY_SUBJECT, policyRequestOf({ policies: [policy] }));
        return [before, (await descendantsOf(pid)).length];
      };
      expect(await count(service.pid)).toEqual([1, 2]);
      const children = await descendantsOf(service.pid);
      await harness.stopAll();
      expect(children.filter(isProcessAlive)).toEqual([]);
      service = await start({ POLICY_PYTHON_SPARES: '0' });
      expect(await count(service.pid)).toEqual([1, 1]);
    },
    SLOW_START_MS,
  );

  it('answers a malformed request with a problem', async () => {
    for (const body of ['no json', {}, { ...policyRequestOf(), v: 2 }])
      expect(await harness.request(POLICY_SUBJECT, body)).toMatchObject({ problem: { code: 'stage_bad_request' } });
  });

  it(
    'answers each request once with two replicas, and loses none while they stop',
    async () => {
      await start();
      const { policy } = requestOf('dummy', { wait_min: 0, wait_max: 1 });
      const requests = Array.from({ length: 50 }, () =>
        policyRequestOf({ policies: [{ ...policy, id: randomUUID() }] }),
      );
      const replies = await harness.flood(POLICY_SUBJECT, requests, async () => {
        expect(await harness.stopAll()).toEqual([CLEAN_EXIT, CLEAN_EXIT]);
      });
      const ids = replies.flatMap((reply) => ('results' in reply ? Object.keys(reply.results as object) : []));
      expect(new Set(ids)).toEqual(new Set(requests.map(({ policies }) => policies[0]?.id)));
      expect(ids).toHaveLength(requests.length);
    },
    SLOW_START_MS,
  );

  it(
    'answers stage_busy at once when its queue is full',
    async () => {
      await start({ POLICY_CONCURRENCY: '1', POLICY_QUEUE: '1' });
      const { policy } = requestOf('dummy', { wait_min: 1, wait_max: 2 });
      const requests = Array.from({ length: 5 }, () => policyRequestOf({ policies: [policy], timeout_ms: 3000 }));
      const replies = await harness.flood(POLICY_SUBJECT, requests, () => harness.stopAll());
      const busy = replies.map((reply) => 'problem' in reply && reply.problem.code === 'stage_busy');
      expect(busy).toEqual([true, true, true, false, false]);
    },
    SLOW_START_MS,
  );
});
