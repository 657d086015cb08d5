import { randomUUID } from 'node:crypto';
import { enrol, flowDatabase, REQUEST_FACTS } from '@gatehouse/executor-postgres/testing';
import { insertOutboxRow, outboxColumns, outboxParameters, outboxRow, requestedEventMessage } from '@gatehouse/outbox';
import {
  BusDownError,
  type EventMessage,
  Logger,
  Publisher,
  Sealer,
  type UnpublishedMessage,
} from '@gatehouse/platform';
import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EventDelivery } from './event-delivery.js';
import { type LeasedMessage, OutboxRepository } from './outbox.repository.js';

const sealer = new Sealer(`k:${Buffer.alloc(32, 7).toString('base64')}`);
const [ALICE, BOB] = [randomUUID(), randomUUID()];
const LEASE_S = 60;
const FACTS = { ...REQUEST_FACTS, user: undefined };

let source: DataSource;
let close: () => Promise<void>;
let outbox: OutboxRepository;
beforeAll(async () => {
  ({ source, close } = await flowDatabase());
  outbox = new OutboxRepository(source, sealer);
});
afterAll(() => close());
beforeEach(() => source.query('TRUNCATE flow.outbox'));

const rowOf = (user: string | undefined, number: number, rowSealer = sealer) => {
  const message = requestedEventMessage({ action: 'custom_counted', context: { number } }, FACTS);
  return outboxRow({ ...message, user }, rowSealer);
};

/** Adds one event about a user to the outbox. Returns the id of the row. */
async function put(user: string | undefined, number: number, rowSealer = sealer): Promise<string> {
  const row = rowOf(user, number, rowSealer);
  await source.query(insertOutboxRow('(VALUES (0)) one', 1), outboxParameters(row));
  return row.id;
}
const idsOf = (messages: readonly LeasedMessage[]) => messages.map(({ id }) => id);
const lease = async (limit: number) => outbox.lease('event', limit, LEASE_S);
/** Ends all leases, and makes all postponed events due. */
const expireLeases = () => source.query(`UPDATE flow.outbox SET due_at = now() - interval '1 second'`);

describe('the events of one user', () => {
  it('are leased in the order in which they were committed, in one batch', async () => {
    const ids = [await put(ALICE, 0), await put(BOB, 0), await put(ALICE, 1), await put(undefined, 0)];
    expect(idsOf(await lease(9))).toEqual(ids);
  });

  it('that one statement inserts have the order of its list', async () => {
    const rows = Array.from({ length: 20 }, (_, number) => rowOf(ALICE, number));
    const { ids, topics, bodies, users } = outboxColumns(rows);
    await source.query(
      `INSERT INTO flow.outbox (id, topic, body, user_id, due_at)
       SELECT o.*, now() FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::uuid[]) o`,
      [ids.toReversed(), topics, bodies, users],
    );
    expect(idsOf(await lease(20))).toEqual(ids.toReversed());
  });

  it('wait while another courier has leased an earlier event of the user, and other users’ events do not', async () => {
    await put(ALICE, 0);
    await lease(1);
    await put(ALICE, 1);
    const others = [await put(BOB, 0), await put(undefined, 0)];
    expect(idsOf(await lease(9))).toEqual(others);
  });

  it('wait while an earlier event of the user waits for a retry', async () => {
    const first = await put(ALICE, 0);
    const second = await put(ALICE, 1);
    await outbox.retryLater(await lease(1), 'away', () => 60);
    expect(await lease(9)).toEqual([]);
    await expireLeases();
    expect(idsOf(await lease(9))).toEqual([first, second]);
  });

  it('are not leased while another transaction locks an earlier event of the user', async () => {
    const first = await put(ALICE, 0);
    await put(ALICE, 1);
    const bobs = await put(BOB, 0);
    await source.transaction(async (other) => {
      await other.query('SELECT FROM flow.outbox WHERE id = $1 FOR UPDATE', [first]);
      expect(idsOf(await lease(9))).toEqual([bobs]);
    });
  });

  it('do not wait for a parked earlier event of the user', async () => {
    await put(ALICE, 0);
    const [first] = await lease(1);
    const second = await put(ALICE, 1);
    await outbox.park(first!, 'too large');
    expect(idsOf(await lease(9))).toEqual([second]);
  });

  it('wait for an event whose seal key is missing only up to its age limit, and then stay in order', async () => {
    const sealed = await put(ALICE, 0, new Sealer(`k2:${Buffer.alloc(32, 8).toString('base64')}`));
    const later = [await put(ALICE, 1), await put(ALICE, 2)];
    const postpone = async (orderS: number) => outbox.postpone(await lease(9), { delayS: 60, orderS });
    await postpone(3600);
    expect(await lease(9)).toEqual([]);
    await expireLeases();
    await postpone(0);
    await source.query(`UPDATE flow.outbox SET due_at = now() WHERE id <> $1`, [sealed]);
    expect(idsOf(await lease(1))).toEqual([later[0]]);
    expect(await lease(9)).toEqual([]);
  });
});

/** A bus that accepts or refuses each message as `accepts` says, and calls `accepted` with accepted messages. */
class ScriptedPublisher extends Publisher {
  readonly refused = new Promise<never>(() => undefined);

  constructor(
    private readonly accepted: (message: EventMessage) => void,
    private readonly accepts: (id: string) => 'yes' | 'later' | 'never' | 'down',
  ) {
    super();
  }

  async publish(messages: readonly EventMessage[]): Promise<UnpublishedMessage[]> {
    const obstructed = new Set<string | undefined>();
    return messages.flatMap((message) => {
      const { id, orderKey = id } = message;
      const outcome = this.accepts(id);
      if (outcome === 'down') throw new BusDownError('away');
      if (outcome === 'yes' && !obstructed.has(orderKey)) {
        this.accepted(message);
        return [];
      }
      if (outcome !== 'never') obstructed.add(orderKey);
      return [{ id, error: new Error('refused'), isFinal: outcome === 'never' }];
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const silent = new Logger('silent');

it('while another transaction changes a user, only the events of that user wait until the login can be stored', async () => {
  const user = await enrol(source);
  const row = outboxRow(requestedEventMessage({ action: 'login', context: {} }, { ...FACTS, user }), sealer);
  await source.query(insertOutboxRow('(VALUES (0)) one', 1), outboxParameters(row));
  const logout = await put(user.uuid, 0);
  await put(BOB, 0);
  const publisher = new ScriptedPublisher(
    () => undefined,
    () => 'yes',
  );
  const delivery = new EventDelivery({
    outbox,
    publisher,
    source: 'urn:test',
    logger: silent,
    observe: () => undefined,
  });
  await source.transaction(async (other) => {
    await other.query('UPDATE directory.users SET name = name WHERE id = $1', [user.uuid]);
    await delivery.handle(await lease(9));
    expect(await source.query('SELECT id FROM flow.outbox ORDER BY seq')).toEqual([{ id: row.id }, { id: logout }]);
  });
  await expireLeases();
  await delivery.handle(await lease(9));
  expect(await source.query('SELECT FROM flow.outbox')).toEqual([]);
  const [stored] = await source.query('SELECT last_login FROM directory.users WHERE id = $1', [user.uuid]);
  expect(stored).toEqual({ last_login: expect.any(Date) });
});

/**
 * A random step of the test: a new event of a user, a lease, the end of a delivery, a crash, or the end of all leases.
 */
const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('put' as const), user: fc.constantFrom(ALICE, BOB) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('lease' as const),
      courier: fc.nat({ max: 2 }),
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('deliver' as const),
      courier: fc.nat({ max: 2 }),
      outcomes: fc.array(
        fc.constantFrom('yes' as const, 'yes' as const, 'later' as const, 'never' as const, 'down' as const),
        {
          minLength: 4,
          maxLength: 4,
        },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('crash' as const), courier: fc.nat({ max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('expire' as const) }) },
);

it('three couriers publish each event at least once, and the first time in order per user, despite failures', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 40 }), async (actions) => {
      await source.query('TRUNCATE flow.outbox');
      const published: { user: string; number: number }[] = [];
      const numbers = new Map([ALICE, BOB].map((user) => [user, 0]));
      /** Each event as `<user> <number>`, by the id of its row. */
      const events = new Map<string, string>();
      /** Events that the bus has refused for good: it never accepts them later. */
      const refused = new Set<string>();
      const held: (readonly LeasedMessage[] | undefined)[] = [];
      const deliver = async (batch: readonly LeasedMessage[], outcomes: ('yes' | 'later' | 'never' | 'down')[]) => {
        const remaining = [...outcomes];
        const publisher = new ScriptedPublisher(
          ({ orderKey, body }) =>
            published.push({
              user: orderKey!,
              number: (body as { data: { context: { number: number } } }).data.context.number,
            }),
          (id) => {
            const outcome = refused.has(id) ? 'never' : (remaining.shift() ?? 'yes');
            if (outcome === 'never') refused.add(id);
            return outcome;
          },
        );
        await new EventDelivery({
          outbox,
          publisher,
          source: 'urn:test',
          logger: silent,
          observe: () => undefined,
        }).handle(batch);
      };
      for (const step of actions) {
        if (step.type === 'put') {
          const number = numbers.get(step.user)!;
          events.set(await put(step.user, number), `${step.user} ${number}`);
          numbers.set(step.user, number + 1);
        } else if (step.type === 'lease') held[step.courier] ??= await lease(step.limit);
        else if (step.type === 'deliver') {
          const batch = held[step.courier];
          held[step.courier] = undefined;
          if (batch) await deliver(batch, step.outcomes);
        } else if (step.type === 'crash') held[step.courier] = undefined;
        else await expireLeases();
      }
      // After their leases have ended, the remaining events are delivered by the surviving couriers.
      await expireLeases();
      for (let batch = await lease(3); batch.length > 0; batch = await lease(3)) await deliver(batch, []);
      const parked = await source.query<{ id: string }[]>('SELECT id FROM flow.outbox WHERE parked_at IS NOT NULL');
      expect(await source.query('SELECT FROM flow.outbox WHERE parked_at IS NULL')).toEqual([]);
      const firsts = [ALICE, BOB].map((user) => [
        ...new Set(published.filter((event) => event.user === user).map(({ number }) => number)),
      ]);
      for (const first of firsts) expect(first).toEqual(first.toSorted((a, b) => a - b));
      // A courier whose lease has ended may publish an event that another courier has parked since.
      const delivered = published.map(({ user, number }) => `${user} ${number}`);
      const ends = new Set([...delivered, ...parked.map(({ id }) => events.get(id))]);
      expect(ends).toEqual(new Set(events.values()));
    }),
    { numRuns: 40 },
  );
});
