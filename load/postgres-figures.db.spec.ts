import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresMeter } from './postgres-figures.js';

let database: Awaited<ReturnType<typeof flowDatabase>>;
beforeAll(async () => {
  database = await flowDatabase();
});
afterAll(() => database?.close());

const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$ZGlnZXN0';

/** Makes the connections of this test report their statistics to Postgres now, not once a second. */
const flush = () => database.source.query('SELECT pg_stat_force_next_flush()');

describe('the figures of Postgres', () => {
  it('contain its work between start and end, and the numbers of stored rows', async () => {
    const { source, url } = database;
    const meter = await PostgresMeter.open(url);
    try {
      await flush();
      await meter.start();
      await source.query(
        `INSERT INTO directory.users (username, name, email, password_hash) VALUES ('load-0', '', '', $1)`,
        [HASH],
      );
      for (let i = 0; i < 5; i++) await flush();
      const figures = await meter.end('load-0');
      const [{ version }] = await source.query<[{ version: string }]>(
        `SELECT current_setting('server_version') AS version`,
      );
      expect(figures).toMatchObject({ version, hash: '$argon2id$v=19$m=19456,t=2,p=1' });
      expect(figures.commits).toBeGreaterThan(0);
      expect(figures.walBytes).toBeGreaterThan(0);
      expect(figures.connections).toBeGreaterThan(0);
      expect(figures.users).toBeGreaterThanOrEqual(0);
    } finally {
      await meter.close();
    }
  });

  it('contain a reason for each figure that is not known', async () => {
    const meter = await PostgresMeter.open(database.url);
    try {
      await meter.start();
      const { hash, cpuS, reads, unknown } = await meter.end('nobody');
      expect(hash).toBeNull();
      expect(unknown.some((reason) => reason.startsWith('CPU time'))).toBe(cpuS === null);
      expect(unknown.some((reason) => reason.startsWith('reads and writes'))).toBe(reads === null);
    } finally {
      await meter.close();
    }
  });
});
