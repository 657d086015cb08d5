import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithNats, type RunningNats, startNats } from '../support/nats.js';
import { type FreshDatabase, migratedDatabase } from '../support/postgres.js';
import { freePort, type RunningProcess, startProcess } from '../support/processes.js';

describeWithNats('the monitoring port of a service', () => {
  let nats: RunningNats;
  let database: FreshDatabase;
  let service: RunningProcess;
  let port: number;

  beforeAll(async () => {
    [nats, database, port] = await Promise.all([startNats(), migratedDatabase(), freePort()]);
    const env = { NATS_URL: nats.url, DATABASE_URL: database.url, MONITORING_PORT: String(port) };
    service = await startProcess('dist/apps/identification/src/main.js', env, { ready: /"serving"/ });
  });
  afterAll(async () => {
    await service.stop();
    await nats.stop();
    await database.drop();
  });

  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  const live = () => get('/-/health/live/');
  const ready = () => get('/-/health/ready/');
  const READY = { status: 200, text: '{"status":"ok"}' };
  const without = (...missing: string[]) => ({ status: 503, text: JSON.stringify({ status: 'unavailable', missing }) });

  it('serves the metrics of the service', async () => {
    expect((await get('/metrics')).text).toContain('# TYPE gatehouse_stage_answer_seconds histogram');
  });

  it('reports ready, except while Postgres refuses connections', async () => {
    expect(await ready()).toEqual(READY);
    await allowConnections(false);
    expect([await ready(), await live()]).toEqual([without('database'), READY]);
    await allowConnections(true);
    expect(await ready()).toEqual(READY);
  });

  it('reports live but not ready while NATS is down, and ready again afterwards', async () => {
    const lost = service.says(/bus_lost/);
    await nats.stop();
    await lost;
    expect([await ready(), await live()]).toEqual([without('bus'), READY]);
    const restored = service.says(/bus_restored/);
    nats = await startNats({ port: Number(new URL(nats.url).port) });
    await restored;
    expect(await ready()).toEqual(READY);
  });

  /** Ends all connections to the database and refuses new ones, or allows connections again. */
  async function allowConnections(allowed: boolean): Promise<void> {
    const url = new URL(database.url);
    const name = url.pathname.slice(1);
    url.pathname = '/postgres';
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    await client.query(`ALTER DATABASE ${pg.escapeIdentifier(name)} ALLOW_CONNECTIONS ${allowed}`);
    if (!allowed)
      await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    await client.end();
  }
});
