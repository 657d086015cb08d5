import { ExpiredRowCleaner, StatementLatency } from '@gatehouse/executor-postgres';
import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import { InProcessBus, Logger, MaxmindGeoLocator, metrics, Readiness, readConfig } from '@gatehouse/platform';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { gatewayConfig, gatewaySettings } from '../gateway.config.js';
import { Admission } from '../http/admission/admission.js';
import { PageRenderer } from '../http/pages/page-renderer.js';
import { InfrastructureModule } from '../infrastructure.module.js';
import { CleanupModule } from './cleanup.module.js';

let database: Awaited<ReturnType<typeof flowDatabase>>;
let app: INestApplicationContext | undefined;
beforeEach(async () => {
  database = await flowDatabase();
});
afterEach(async () => {
  await app?.close();
  await database.close();
});

/** Starts the cleanup module with these settings of the gateway. */
async function start(settings: Readonly<Record<string, string>>): Promise<INestApplicationContext> {
  const { source, url } = database;
  const secrets = { SEAL_KEYS: `test:${Buffer.alloc(32).toString('base64')}`, SECRET_KEY: 'x'.repeat(32) };
  const infrastructure = InfrastructureModule.forRoot({
    ...{ source, readiness: new Readiness(), logger: new Logger('silent') },
    config: readConfig(gatewayConfig, { DATABASE_URL: url, ...secrets, ...settings }),
    requester: await new InProcessBus().openRequester(),
    geoLocator: await MaxmindGeoLocator.open({ asn: undefined, city: undefined }),
    pages: await PageRenderer.open('dist/apps/web'),
    admission: new Admission({ delayMs: 0, max: 1 }, { take: () => 0, stop: () => undefined }),
  });
  const module = { module: class {}, imports: [infrastructure, CleanupModule] };
  app = await NestFactory.createApplicationContext(module, { logger: false });
  return app;
}

const inviteUntil = (expires: string) =>
  database.source.query(`INSERT INTO directory.invitations (name, expires) VALUES ('n', ${expires})`);
const invitations = async () => (await database.source.query<unknown[]>('SELECT FROM directory.invitations')).length;

/** Returns the value of a metric for the table of invitations. */
async function scrape(name: string): Promise<number> {
  const series = `${name}{table="directory.invitations"} `;
  const line = (await metrics.metrics()).split('\n').find((text) => text.startsWith(series));
  return Number(line?.slice(series.length) ?? 0);
}
const REMOVED = 'gatehouse_cleanup_removed_rows_total';
const BACKLOG = 'gatehouse_cleanup_backlog_rows';

it('the gateway deletes rows that are older than its settings allow, and counts deleted and remaining rows', async () => {
  const context = await start({ EXPIRED_INVITATIONS_KEEP_S: '60', CLEANUP_EVERY_S: '86400' });
  await inviteUntil(`now() - interval '61 s'`);
  await inviteUntil(`now() - interval '50 s'`);
  const removed = await scrape(REMOVED);
  expect(await scrape(BACKLOG)).toBe(1);
  await context.get(ExpiredRowCleaner).sweep();
  expect(await invitations()).toBe(1);
  expect(await scrape(REMOVED)).toBe(removed + 1);
  expect(await scrape(BACKLOG)).toBe(0);
});

it('a cleanup deletes nothing while statements are slow, and ends at once when the gateway stops', async () => {
  const context = await start({
    EXPIRED_INVITATIONS_KEEP_S: '0',
    CLEANUP_EVERY_S: '86400',
    CLEANUP_SLOW_FACTOR: '1.5',
  });
  await inviteUntil(`now() - interval '1 s'`);
  const latency = context.get(StatementLatency, { strict: false });
  await latency.measure(async () => undefined);
  await latency.measure(() => database.source.query('SELECT count(*) FROM generate_series(1, 300000)'));
  const sweep = context.get(ExpiredRowCleaner).sweep();
  await context.close();
  app = undefined;
  await sweep;
  expect(await invitations()).toBe(1);
});

it.each([
  ...(['NETWORK_ATTEMPTS_FORGET_S', 'ANONYMOUS_SESSION_S', 'UNANSWERED_SESSION_S', 'SESSION_S', 'PLAN_S'] as const),
  ...(['ATTEMPTS_KEEP_S', 'EXPIRED_TOKENS_KEEP_S', 'EXPIRED_INVITATIONS_KEEP_S'] as const),
])('Postgres can compute with the largest %s that the gateway accepts', async (name) => {
  const isAccepted = (seconds: number) => gatewaySettings.shape[name].safeParse(seconds).success;
  const largest = [100_000_000_000, 999_999_999_999, Number.MAX_SAFE_INTEGER].filter(isAccepted).at(-1);
  const times = 'SELECT now() - $1::interval AS before, now() + $1::interval AS after';
  expect(await database.source.query(times, [`${largest} seconds`])).toHaveLength(1);
});
