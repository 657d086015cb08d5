/**
 * The minimal gateway: Fastify without Nest, optionally with requests to the echo service over NATS, with the two
 * statements that load and save a plan, or with a password hash.
 */
import { randomBytes } from 'node:crypto';
import { connect } from '@nats-io/transport-node';
import { type Algorithm, hash, verify } from '@node-rs/argon2';
import { fastify } from 'fastify';
import pg from 'pg';
import { NatsRequester } from '../../libs/platform/src/nats-requester.js';
import { Sealer } from '../../libs/platform/src/sealing.js';
import { hashPassword } from '../../libs/stages/src/password/argon2-hash.js';
import { MinimalTable } from './minimal-table.js';
import { ProductTable } from './product-table.js';

/** The body of a request to the echo service, as large as a request to a dummy stage. */
const REQUEST = JSON.stringify({ filler: 'x'.repeat(700) });
const RESPONSE = { component: 'ak-stage-dummy', flow_info: { filler: 'x'.repeat(200) } };

const connection = await connect({ servers: process.env['NATS_URL'] ?? '', noAsyncTraces: true });
const requester = new NatsRequester(connection, '_INBOX_baseline');
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 10 });
const sealer = new Sealer(`baseline:${randomBytes(32).toString('base64')}`);
const tables = { least: new MinimalTable(pool, sealer), product: new ProductTable(pool, sealer) };
/** Parameters of Keycloak's default hash. The cast is needed because the package has the enum as a type only. */
const KEYCLOAK = { algorithm: 2 as Algorithm.Argon2id, memoryCost: 7168, timeCost: 5, parallelism: 1 };
const hashes = { ours: await hashPassword('correct-horse-7'), keycloak: await hash('correct-horse-7', KEYCLOAK) };
const decoder = new TextDecoder();

async function echo(times: number) {
  for (let i = 0; i < times; i++) JSON.parse(decoder.decode(await requester.request('bench.echo', REQUEST, 60_000)));
}

const app = fastify();
app.post('/bare', async () => RESPONSE);
app.post('/echo', async () => {
  await echo(1);
  return RESPONSE;
});
app.post<{ Params: { table: keyof typeof tables; echoes: string } }>('/whole/:table/:echoes', async ({ params }) => {
  const table = tables[params.table];
  const { row, plan } = await table.load();
  await echo(Number(params.echoes));
  if (!(await table.save(row, plan))) throw new Error('two requests used the same row');
  return RESPONSE;
});
app.post<{ Params: { cost: keyof typeof hashes } }>('/hash/:cost', async ({ params }) => {
  if (!(await verify(hashes[params.cost], 'correct-horse-7'))) throw new Error('the hash does not match');
  return RESPONSE;
});

for (const table of Object.values(tables)) await table.fill();
await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) });
process.stdout.write('serving\n');
process.once('SIGTERM', () => void Promise.all([app.close(), pool.end(), requester.close()]));
