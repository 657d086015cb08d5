import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from '../../libs/platform/src/embedded-postgres.js';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { runCliOk } from '../support/commands.js';
import { Deployment, SERVICES } from '../support/deployment.js';
import { freePort } from '../support/processes.js';
import { hasPrometheus } from '../support/prometheus.js';
import { AlertDrill, monitoringPorts } from './alert-drill.js';
import { LoginLoad } from './login-load.js';

const USERS = Array.from({ length: 4 }, (_, i) => `user-${i}`);
/** Number of logins that must finish before each fault, and again after it. */
const UNDISTURBED = 8;

let deployment: Deployment;
let load: LoginLoad;
let folder: string;
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let port: number;
let ports: Record<string, number>;

const startPostgres = () => startEmbeddedPostgres({ dataDir: join(folder, 'data'), port, password: 'faults' });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-faults-'));
  await chmod(folder, 0o755);
  port = await freePort();
  postgres = await startPostgres();
  await runCliOk('migrate', [], { env: { DATABASE_URL: postgres.url } });
  ports = await monitoringPorts([...SERVICES, 'gateway']);
  deployment = await Deployment.open({
    apart: 'all',
    database: { url: postgres.url, drop: () => postgres.stop() },
    blueprints: [
      blueprint(
        USERS.map((user) => userEntry(user)),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
      ),
    ],
    gateway: { NETWORK_ATTEMPTS_FREE: '100000', MONITORING_PORT: String(ports['gateway']) },
    own: Object.fromEntries(SERVICES.map((service) => [service, { MONITORING_PORT: String(ports[service]) }])),
  });
}, 120_000);
afterAll(async () => {
  await deployment.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  load = new LoginLoad(deployment, { slug: 'login', users: USERS });
  await load.finish(UNDISTURBED);
});
/** Waits for logins that start after the fault, and returns how all logins ended. */
async function outcome(name: string) {
  await load.finish(UNDISTURBED);
  const { begun, finished, startedOver, refused, lost } = await load.stop();
  process.stdout.write(`${name}: ${begun} begun, ${finished} finished, ${refused} refused, ${lost.length} lost\n`);
  return { unfinished: begun - finished, startedOver, refused, lost };
}
const NONE_LOST = { unfinished: 0, startedOver: 0, lost: [] };

describe('no login is lost', { timeout: 120_000 }, () => {
  it('when a stage is killed and started again', async () => {
    await deployment.end('password', 'SIGKILL');
    await deployment.start('password');
    const { refused, ...rest } = await outcome('a stage killed');
    expect(rest).toEqual(NONE_LOST);
    expect(refused).toBeGreaterThan(0);
  });

  it('when one of two processes of a stage is killed', async () => {
    await deployment.start('password', 'second password');
    await load.finish(UNDISTURBED);
    await deployment.end('second password', 'SIGKILL');
    expect(await outcome('one of two killed')).toMatchObject(NONE_LOST);
  });

  it('when the gateway is restarted between two steps', async () => {
    expect(await deployment.end('gateway')).toBe(0);
    await deployment.openGateway();
    const { refused, ...rest } = await outcome('gateway restarted');
    expect(rest).toEqual(NONE_LOST);
    expect(refused).toBeGreaterThan(0);
  });

  it('when nats-server is killed and started again', async () => {
    await deployment.stopBus();
    await deployment.startBus();
    const { refused, ...rest } = await outcome('bus killed');
    expect(rest).toEqual(NONE_LOST);
    expect(refused).toBeGreaterThan(0);
  });

  it('when the database is restarted', async () => {
    await postgres.stop();
    postgres = await startPostgres();
    const { refused, ...rest } = await outcome('database restarted');
    expect(rest).toEqual(NONE_LOST);
    expect(refused).toBeGreaterThan(0);
  });
});

// `npm run test:faults -- alerts` tests the other alerts.
describe.skipIf(!hasPrometheus)('an alert fires, its runbook shows the cause, and no login is lost', () => {
  let drill: AlertDrill;
  beforeAll(async () => {
    drill = await AlertDrill.open(deployment, { ports, factor: 60, env: { DATABASE_URL: postgres.url } });
  });
  afterAll(() => drill?.close());

  it('when the only process of a stage is stopped', async () => {
    const causes = await drill.run({
      name: 'Service of a stage stopped',
      alerts: { GatehouseServiceDown: /^0 .*"service":"password"/m },
      begin: () => deployment.end('password'),
      repair: () => deployment.start('password'),
    });
    expect(causes).toEqual({ GatehouseServiceDown: `query 'up{job="gatehouse"} == 0'` });
    expect(await outcome('a stage stopped')).toMatchObject(NONE_LOST);
  });

  it('when nats-server is stopped', async () => {
    const causes = await drill.run({
      name: 'NATS stopped',
      alerts: { GatehouseNatsDisconnected: /"missing":\["bus"\]/ },
      begin: () => deployment.stopBus(),
      repair: () => deployment.startBus(),
    });
    expect(causes).toEqual({ GatehouseNatsDisconnected: 'ask gateway /-/health/ready/' });
    expect(await outcome('bus stopped')).toMatchObject(NONE_LOST);
  });
});

// This test is the last one, because it ends the processes that the other tests name.
describe('no login is lost', { timeout: 120_000 }, () => {
  it('and no request is refused when all services are replaced one after the other', async () => {
    for (const service of SERVICES) {
      await deployment.start(service, `next ${service}`);
      await deployment.end(service);
    }
    expect(await outcome('services replaced')).toEqual({ ...NONE_LOST, refused: 0 });
  });
});
