import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '../../test/support/processes.js';
import { type BenchEnvironment, startNats } from '../environment.js';
import { type MeasuredSite, runInterleaved, type Variant } from '../measurement.js';
import { Product } from '../product.js';
import { solvesTable } from '../report.js';
import { createDatabase } from '../scratch-databases.js';
import { identification } from './visits.js';

const ROUNDS = { warmUp: 3, rounds: 9 };
const COUNT = 300;

/** Milliseconds between two scrapes of the metrics. Prometheus scrapes every 15 s or less often. */
const SCRAPE_EVERY_MS = 5000;

const OFF = 'off';

interface Setup {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** Folder of the build. */
  readonly build?: string;
}

/**
 * Measures identifications by deployments that take turns: without traces and scrapes, with scrapes of the metrics, and
 * with traces at two ratios. If BENCH_BUILD is the `dist` folder of another version, also measures that version.
 */
export async function tracing({ databaseUrl, watched }: BenchEnvironment): Promise<string> {
  const collector = await startCollector();
  const other = process.env['BENCH_BUILD'];
  const traces = (ratio: string) => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: urlOf(collector),
    OTEL_TRACES_SAMPLER_ARG: ratio,
  });
  const setups: Setup[] = [
    ...(other ? [{ name: `the build ${other}`, env: {}, build: other }] : []),
    { name: OFF, env: {} },
    { name: 'metrics only', env: { MONITORING_PORT: String(await freePort()) } },
    { name: 'traces of 1 %', env: traces('0.01') },
    { name: 'traces of 100 %', env: traces('1') },
  ];
  const sites: MeasuredSite[] = [];
  try {
    for (const [i, setup] of setups.entries())
      sites.push(await openSite(setup, await createDatabase(databaseUrl, `tracing_${i}`)));
    const variants = setups.map(
      ({ name }, i): Variant => ({ name, site: sites[i]!, visit: identification, count: COUNT, baseline: OFF }),
    );
    const postgres = watched.filter(({ name }) => name === 'postgres');
    return solvesTable({ variants, measured: await runInterleaved(variants, { watched: postgres }, ROUNDS) });
  } finally {
    for (const site of sites) await site.stop();
    collector.close();
  }
}

async function openSite({ env, build }: Setup, databaseUrl: string): Promise<MeasuredSite> {
  const nats = await startNats();
  // Other load on the machine must not make the gateway refuse visits.
  const settings = { ADMISSION_DELAY_MS: '0', ...env };
  const product = await Product.open({ natsUrl: nats.url, databaseUrl }, { env: settings, build });
  const stopScraping = scrape(env['MONITORING_PORT']);
  return {
    url: product.url,
    watched: () => [...product.watched(), nats.watched],
    stop: async () => {
      stopScraping();
      await product.stop();
      await nats.stop();
    },
  };
}

/** Requests the metrics of the gateway regularly. Returns the function that ends this. */
function scrape(port: string | undefined): () => void {
  if (port === undefined) return () => undefined;
  const read = () => fetch(`http://127.0.0.1:${port}/metrics`).then((response) => response.text());
  const timer = setInterval(() => void read(), SCRAPE_EVERY_MS);
  return () => clearInterval(timer);
}

/** Starts a collector that accepts all spans and keeps none. */
async function startCollector(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
