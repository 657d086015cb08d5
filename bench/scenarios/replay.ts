import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { table } from '../../load/markdown.js';
import { addRecords } from '../../load/records/records-command.js';
import { blueprint, keyOf } from '../../test/support/blueprints.js';
import type { BenchEnvironment } from '../environment.js';
import type { Product } from '../product.js';
import { withClient } from '../scratch-databases.js';

const FLOW = 'default-authentication-flow';
const RECORDS = [100_000, 1_000_000];
const DAYS = 7;
const SEED = 1;

/** The draft that the runs are replayed against: the shipped flow with a captcha before its first step. */
const DRAFT = [
  { model: 'authentik_flows.flow', id: 'flow', identifiers: { slug: FLOW } },
  {
    model: 'authentik_stages_captcha.captchastage',
    ...{ id: 'captcha', identifiers: { name: 'captcha' } },
    attrs: { public_key: 'none', private_key: 'k'.repeat(32), api_url: 'gatehouse:proof-of-work' },
  },
  {
    model: 'authentik_flows.flowstagebinding',
    identifiers: { target: keyOf('flow'), stage: keyOf('captcha'), order: 5 },
  },
];

/** Script that makes a Node process print its largest resident memory before it exits. */
const REPORT_MEMORY = `process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS + '\\n'))`;

/** Measures replays of generated journey records: the seconds, and the largest resident memory of the command. */
export async function replay({ databaseUrl }: BenchEnvironment, product: Product): Promise<string> {
  await product.apply(await readFile(`blueprints/${FLOW}.yaml`, 'utf8'));
  await product.draft(blueprint(...DRAFT));
  const rows = await withClient(databaseUrl, async (client) => {
    await client.query('SET statement_timeout = 0');
    const measured: string[][] = [];
    for (const count of RECORDS) {
      await client.query('TRUNCATE flow.journeys');
      const filling = performance.now();
      await addRecords(client, { flow: FLOW, count, days: DAYS, randomSeed: SEED });
      const filled = seconds(filling);
      await client.query('VACUUM ANALYZE flow.journeys');
      measured.push([String(count), filled, ...(await replayed(databaseUrl))]);
    }
    return measured;
  });
  return table(['records', 'made in s', 'replayed in s', 'peak RSS MB', 'runs walked', 'changed', 'unfinished'], rows);
}

const seconds = (from: number) => ((performance.now() - from) / 1000).toFixed(1);

interface Report {
  readonly plans: Readonly<Record<'changed', number>>;
  readonly walked: number;
  readonly unfinished: number;
}

/** Runs the command. Returns the seconds that it took, its peak memory and its results. */
async function replayed(databaseUrl: string): Promise<string[]> {
  const started = performance.now();
  const preload = `--import=data:text/javascript,${encodeURIComponent(REPORT_MEMORY)}`;
  const args = [preload, 'dist/apps/cli/src/flow.js', 'replay', FLOW, '2', '--since', `${DAYS + 1}d`, '--json'];
  const child = spawn(process.execPath, args, { env: { ...process.env, DATABASE_URL: databaseUrl } });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => {
      output[name] += String(chunk);
    });
  const [code] = (await once(child, 'close')) as [number];
  const [, kilobytes] = /^peak (\d+)$/m.exec(output.stderr) ?? [];
  if (code !== 0 || kilobytes === undefined) throw new Error(`the replay ended with ${code}: ${output.stderr}`);
  const { plans, walked, unfinished } = JSON.parse(output.stdout) as Report;
  const memory = ((Number(kilobytes) * 1024) / 1e6).toFixed(0);
  return [seconds(started), memory, String(walked), String(plans.changed), String(unfinished)];
}
