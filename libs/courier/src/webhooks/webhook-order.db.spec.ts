import { setImmediate as turn } from 'node:timers/promises';
import type { SavedUser } from '@gatehouse/contracts';
import { enrol, flowDatabase } from '@gatehouse/executor-postgres/testing';
import { Sealer } from '@gatehouse/platform';
import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { queueEvents } from './testing/queued-events.js';
import { type LeasedDelivery, WebhookDeliveryRepository } from './webhook-delivery.repository.js';

const sealer = new Sealer(`k:${Buffer.alloc(32, 7).toString('base64')}`);

let source: DataSource;
let close: () => Promise<void>;
let deliveries: WebhookDeliveryRepository;
let [alice, bob]: SavedUser[] = [];
beforeAll(async () => {
  ({ source, close } = await flowDatabase());
  deliveries = new WebhookDeliveryRepository(source, sealer);
  [alice, bob] = [await enrol(source), await enrol(source)];
});
afterAll(() => close());
beforeEach(() => source.query('TRUNCATE flow.outbox, flow.audit_events CASCADE'));

const queue = (user: SavedUser | undefined, number = 0, endpoint = 'siem') =>
  queueEvents(source, sealer, [{ user, number, endpoints: [endpoint] }]).then(([id]) => id!);
const lease = (limit: number, endpoint = 'siem') => deliveries.lease(endpoint, limit, 60);
const eventsOf = (leased: readonly LeasedDelivery[]) => leased.map(({ eventId }) => eventId);
const expireLeases = () => source.query(`UPDATE flow.webhook_deliveries SET due_at = now() - interval '1 second'`);

describe('the events of one user', () => {
  it('are leased one after the other, and events of other users at the same time', async () => {
    const [first, , bobs, unnamed, also] = [
      ...[await queue(alice), await queue(alice), await queue(bob), await queue(undefined), await queue(undefined)],
    ];
    const leased = await lease(9);
    expect(eventsOf(leased)).toEqual([first, bobs, unnamed, also]);
    expect(await lease(9)).toEqual([]);
    await deliveries.delete(leased[0]!);
    expect(await lease(9)).toHaveLength(1);
  });

  it('wait only at the endpoint at which an earlier event of the user waits for a retry', async () => {
    await queueEvents(source, sealer, [{ user: alice, endpoints: ['siem', 'chat'] }]);
    const [atSiem] = await lease(1);
    await deliveries.retryLater(atSiem!, 'away', 60);
    const second = await queueEvents(source, sealer, [{ user: alice, endpoints: ['siem', 'chat'] }]);
    expect(await lease(9)).toEqual([]);
    const [first] = await lease(9, 'chat');
    await deliveries.delete(first!);
    expect(eventsOf(await lease(9, 'chat'))).toEqual(second);
  });

  it('do not wait for a parked earlier event of the user', async () => {
    await queue(alice);
    const second = await queue(alice);
    const [first] = await lease(9);
    await deliveries.park(first!, 'refused');
    expect(eventsOf(await lease(9))).toEqual([second]);
  });

  it('are not leased while another transaction locks an earlier event of the user', async () => {
    const first = await queue(alice);
    await queue(alice);
    const bobs = await queue(bob);
    await source.transaction(async (other) => {
      await other.query('SELECT FROM flow.webhook_deliveries WHERE event_id = $1 FOR UPDATE', [first]);
      expect(eventsOf(await lease(9))).toEqual([bobs]);
    });
  });
});

const COURIERS = 3;
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('queue' as const), isAlice: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('lease' as const),
      courier: fc.nat({ max: COURIERS - 1 }),
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('deliver' as const),
      courier: fc.nat({ max: COURIERS - 1 }),
      outcome: fc.constantFrom('accepted', 'accepted', 'refused', 'parked', 'crash before', 'crash after'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('expire' as const) }) },
);

const numberOf = ({ body }: LeasedDelivery) => (body as { context: { number: number } }).context.number;

it('couriers deliver each event at least once, and the first time in order per user, despite failures', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      await source.query('TRUNCATE flow.outbox, flow.audit_events CASCADE');
      const accepted: { isAlice: boolean; number: number }[] = [];
      const counts = [0, 0];
      const held: LeasedDelivery[][] = Array.from({ length: COURIERS }, () => []);
      const accept = (delivery: LeasedDelivery) => {
        const { user } = delivery.body as { user: { uuid: string } };
        accepted.push({ isAlice: user.uuid === alice!.uuid, number: numberOf(delivery) });
      };
      const deliver = async (delivery: LeasedDelivery, outcome: string) => {
        if (outcome === 'accepted' || outcome === 'crash after') accept(delivery);
        if (outcome === 'accepted') await deliveries.delete(delivery);
        if (outcome === 'refused') await deliveries.retryLater(delivery, 'refused', 60);
        if (outcome === 'parked') await deliveries.park(delivery, 'refused');
      };
      for (const next of steps) {
        if (next.type === 'queue') {
          const index = next.isAlice ? 0 : 1;
          await queue(next.isAlice ? alice : bob, counts[index]);
          counts[index]! += 1;
        } else if (next.type === 'lease') held[next.courier]!.push(...(await lease(next.limit)));
        else if (next.type === 'expire') {
          // When their leases end, couriers no longer work on these deliveries.
          for (const leased of held) leased.length = 0;
          await expireLeases();
        } else {
          const delivery = held[next.courier]!.shift();
          if (delivery) await deliver(delivery, next.outcome);
        }
      }
      await expireLeases();
      for (let left = await lease(3); left.length > 0; left = await lease(3))
        for (const delivery of left) await deliver(delivery, 'accepted');
      const firsts = [true, false].map((isAlice) => [
        ...new Set(accepted.filter((event) => event.isAlice === isAlice).map(({ number }) => number)),
      ]);
      for (const first of firsts) expect(first).toEqual(first.toSorted((a, b) => a - b));
      const parked = await source.query<unknown[]>('SELECT FROM flow.webhook_deliveries');
      expect(firsts.flat().length + parked.length).toBeGreaterThanOrEqual(counts[0]! + counts[1]!);
    }),
    { numRuns: 40 },
  );
});

it('two concurrent couriers deliver each event once, and those of each user in order', async () => {
  const users = [alice!, bob!, await enrol(source), await enrol(source)];
  const COUNT = 25;
  for (let number = 0; number < COUNT; number++) for (const user of users) await queue(user, number);
  const accepted = new Map(users.map(({ uuid }) => [uuid, [] as number[]]));
  const courier = async () => {
    for (;;) {
      const leased = await lease(3);
      if (leased.length === 0) {
        const [row] = await source.query<{ left: number }[]>(
          'SELECT count(*)::int AS left FROM flow.webhook_deliveries',
        );
        if (row!.left === 0) return;
        await turn();
      }
      await Promise.all(
        leased.map(async (delivery) => {
          const { user } = delivery.body as { user: { uuid: string } };
          accepted.get(user.uuid)!.push(numberOf(delivery));
          await deliveries.delete(delivery);
        }),
      );
    }
  };
  await Promise.all([courier(), courier()]);
  for (const numbers of accepted.values()) expect(numbers).toEqual(Array.from({ length: COUNT }, (_, i) => i));
});
