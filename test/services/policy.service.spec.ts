import { randomUUID } from 'node:crypto';
import { POLICY_SUBJECT } from '@gatehouse/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrateAll } from '../../libs/local/src/migrate-all.js';
import { policyRequestOf } from '../../libs/policies/testing/index.js';
import { describeWithNats } from '../support/nats.js';
import { type FreshDatabase, freshDatabase } from '../support/postgres.js';
import { CLEAN_EXIT, ServiceHarness } from './service-harness.js';

const asked = (kind: string, config: object = {}) => {
  const id = randomUUID();
  return { id, policy: { id, kind, name: `a ${kind} policy`, config: { ...config }, timeout_ms: 5000 } };
};

/** Python is slow to start on a machine that has other work. */
const PATIENCE_MS = 60_000;

describeWithNats('the policy service', () => {
  let bench: ServiceHarness;
  let database: FreshDatabase;
  const start = (more: Readonly<Record<string, string>> = {}) =>
    bench.start('policy', { DATABASE_URL: database.url, ...more });

  beforeAll(async () => {
    database = await freshDatabase();
    await migrateAll(database.url);
    bench = await ServiceHarness.open();
    await start();
  }, PATIENCE_MS);
  afterAll(async () => {
    await bench?.close();
    await database?.drop();
  });

  it('says of each policy whether it passes, and why it cannot decide', async () => {
    const [yes, far, other] = [
      asked('dummy', { result: true, wait_min: 0, wait_max: 1 }),
      asked('geoip', { countries: ['DE'] }),
      asked('another'),
    ];
    const policies = [yes.policy, far.policy, other.policy];
    expect(await bench.ask(POLICY_SUBJECT, policyRequestOf({ policies }))).toMatchObject({
      results: {
        [yes.id]: { pass: true, messages: ['dummy'] },
        [far.id]: { pass: false, error: 'GeoIP: client IP address not found in City database.' },
        [other.id]: { pass: false, error: 'policies of the kind another are not known here' },
      },
    });
  });

  it('asks the database about reputations', async () => {
    const { id, policy } = asked('reputation', { threshold: 0 });
    const reply = await bench.ask(POLICY_SUBJECT, policyRequestOf({ policies: [policy] }));
    expect(reply).toMatchObject({ results: { [id]: { pass: true } } });
  });

  it('answers what it does not understand as such', async () => {
    for (const body of ['no json', {}, { ...policyRequestOf(), v: 2 }])
      expect(await bench.ask(POLICY_SUBJECT, body)).toMatchObject({ problem: { code: 'stage_bad_request' } });
  });

  it(
    'answers each question once when two replicas share the work, and leaves without losing one',
    async () => {
      await start();
      const { policy } = asked('dummy', { wait_min: 0, wait_max: 1 });
      const requests = Array.from({ length: 50 }, () =>
        policyRequestOf({ policies: [{ ...policy, id: randomUUID() }] }),
      );
      const heard = await bench.flood(POLICY_SUBJECT, requests, async () => {
        expect(await bench.stopAll()).toEqual([CLEAN_EXIT, CLEAN_EXIT]);
      });
      const ids = heard.flatMap((reply) => ('results' in reply ? Object.keys(reply.results as object) : []));
      expect(new Set(ids)).toEqual(new Set(requests.map(({ policies }) => policies[0]?.id)));
      expect(ids).toHaveLength(requests.length);
    },
    PATIENCE_MS,
  );

  it(
    'says at once that it is busy when too many questions wait',
    async () => {
      await start({ POLICY_CONCURRENCY: '1', POLICY_QUEUE: '1' });
      const { policy } = asked('dummy', { wait_min: 1, wait_max: 2 });
      const requests = Array.from({ length: 5 }, () => policyRequestOf({ policies: [policy], timeout_ms: 3000 }));
      const heard = await bench.flood(POLICY_SUBJECT, requests, () => bench.stopAll());
      const busy = heard.map((reply) => 'problem' in reply && reply.problem.code === 'stage_busy');
      expect(busy).toEqual([true, true, true, false, false]);
    },
    PATIENCE_MS,
  );
});
