import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '../../test/support/processes.js';
import type { WatchedProcess } from '../cpu.js';
import { type BenchEnvironment, startNats } from '../environment.js';
import {
  type Comparison,
  type MeasuredSite,
  meanOf,
  type RoundFigures,
  runInterleaved,
  type Variant,
} from '../measurement.js';
import { Product } from '../product.js';
import { solvesTable } from '../report.js';
import { createDatabase } from '../scratch-databases.js';
import type { Visit } from '../visit.js';
import { identification } from './visits.js';

const ROUNDS = { warmUp: 6, rounds: 15 };
const COUNT = 300;
const SCRAPES = 50;

/**
 * Number of deployments of each setup, which run one after the other. The CPU times of two processes with the same code
 * and settings differ by more than what is measured here, because the JIT compiler optimises each process differently.
 */
const DEPLOYMENTS = 3;

const OFF = 'off';
const NONE_RECORDED = 'on, no request recorded';

const traced = (share: number): Visit => ({
  ...identification,
  measured: identification.measured.map((step) => ({ ...step, traced: share })),
});

const scrape: Visit = { before: [], measured: [{ method: 'GET', path: '/metrics', expects: 'gatehouse_' }] };

/**
 * Measures identifications without traces, and with a gateway that records different shares of the traces. The load
 * generator requests these shares from the same processes. Also measures one scrape of the gateway's metrics. If
 * BENCH_BUILD is the `dist` folder of another version, also measures that version.
 */
export async function tracing({ databaseUrl, watched }: BenchEnvironment): Promise<string> {
  const collector = await startCollector();
  const postgres = watched.filter(({ name }) => name === 'postgres');
  const measured: Comparison[] = [];
  try {
    for (let i = 0; i < DEPLOYMENTS; i++) {
      const database = (site: number) => createDatabase(databaseUrl, `tracing_${i}_${site}`);
      measured.push(await measureDeployment({ database, postgres, collectorUrl: urlOf(collector) }));
    }
  } finally {
    collector.close();
  }
  const { variants } = measured[0]!;
  const means = variants.map(({ name }): [string, RoundFigures] => [
    name,
    meanOf(measured.map((deployment) => deployment.measured.get(name)!)),
  ]);
  return solvesTable({ variants, measured: new Map(means) });
}

interface Setup {
  /** Creates the database of a site by its number. */
  readonly database: (site: number) => Promise<string>;
  readonly postgres: readonly WatchedProcess[];
  readonly collectorUrl: string;
}

async function measureDeployment({ database, postgres, collectorUrl }: Setup): Promise<Comparison> {
  const sites: MeasuredSite[] = [];
  const open: OpenSite = async (env, build) => {
    const site = await openSite({ env, build }, await database(sites.length));
    sites.push(site);
    return site;
  };
  try {
    const variants = await openVariants(open, collectorUrl);
    return { variants, measured: await runInterleaved(variants, { watched: postgres }, ROUNDS) };
  } finally {
    for (const site of sites) await site.stop();
  }
}

type OpenSite = (env: Readonly<Record<string, string>>, build?: string) => Promise<MeasuredSite>;

async function openVariants(open: OpenSite, collectorUrl: string): Promise<Variant[]> {
  const build = process.env['BENCH_BUILD'];
  const other = build && (await open({}, build));
  const off = await open({});
  const monitoringPort = String(await freePort());
  const on = await open({
    OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl,
    TRACEPARENT: 'join',
    MONITORING_PORT: monitoringPort,
  });
  const metrics = { ...on, url: `http://127.0.0.1:${monitoringPort}` };
  const recording = { site: on, count: COUNT, baseline: NONE_RECORDED };
  return [
    ...(other ? [{ name: `the build ${build}`, site: other, visit: identification, count: COUNT, baseline: OFF }] : []),
    { name: OFF, site: off, visit: identification, count: COUNT },
    { ...recording, name: NONE_RECORDED, visit: traced(0), baseline: OFF },
    { ...recording, name: '1 % recorded', visit: traced(0.01) },
    { ...recording, name: '100 % recorded', visit: traced(1) },
    { name: 'one scrape of the metrics', site: metrics, visit: scrape, count: SCRAPES },
  ];
}

async function openSite(
  { env, build }: { readonly env: Readonly<Record<string, string>>; readonly build: string | undefined },
  databaseUrl: string,
): Promise<MeasuredSite> {
  const nats = await startNats();
  // Other load on the machine must not make the gateway refuse visits.
  const settings = { ADMISSION_DELAY_MS: '0', ...env };
  const product = await Product.open({ natsUrl: nats.url, databaseUrl }, { env: settings, build });
  return {
    url: product.url,
    watched: () => [...product.watched(), nats.watched],
    stop: async () => {
      await product.stop();
      await nats.stop();
    },
  };
}

/** Starts a trace collector that accepts all spans and discards them. */
async function startCollector(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
