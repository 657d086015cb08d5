import { openDataSource } from '@gatehouse/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasPgbouncer, type RunningPgbouncer, startPgbouncer } from '../../../test/support/pgbouncer.js';
import { cleanerOn } from '../testing/cleaner.js';
import { flowDatabase } from '../testing/flow-database.js';

describe.skipIf(!hasPgbouncer)('with PgBouncer in transaction mode', () => {
  let database: Awaited<ReturnType<typeof flowDatabase>>;
  let pgbouncer: RunningPgbouncer;
  beforeAll(async () => {
    database = await flowDatabase();
    pgbouncer = await startPgbouncer({ database: database.url, poolSize: 2 });
  });
  afterAll(async () => {
    await pgbouncer.stop();
    await database.close();
  });

  it('one gateway at a time deletes expired rows, and another one takes over when it stops', async () => {
    const { source: direct } = database;
    await direct.query(`INSERT INTO flow.sessions (id, expires_at, cleanup_at)
      SELECT gen_random_uuid(), now() - interval '1 s', now() - interval '1 s' FROM generate_series(1, 45)`);
    const left = async () => (await direct.query<unknown[]>('SELECT FROM flow.sessions')).length;
    const gateways = await Promise.all(
      ['first', 'second'].map(() => openDataSource({ url: pgbouncer.url, schema: 'flow', poolSize: 2 })),
    );
    let onThird = () => {};
    const thirdBatch = new Promise<void>((resolve) => {
      onThird = resolve;
    });
    let batches = 0;
    const settings = { batchRows: 10 };
    const first = cleanerOn(gateways[0]!, settings, {
      isBusy: () => batches === 3,
      onRemoved: () => {
        if (++batches === 3) onThird();
      },
    });
    const second = cleanerOn(gateways[1]!, settings);
    const sweep = first.sweep();
    await thirdBatch;
    await second.sweep();
    expect(await left()).toBe(15);
    await first.stop();
    await sweep;
    await second.sweep();
    expect(await left()).toBe(0);
    await Promise.all(gateways.map((gateway) => gateway.destroy()));
  });
});
