import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from '../../libs/platform/src/embedded-postgres.js';
import { postgresAccount } from '../../libs/platform/src/embedded-postgres-account.js';
import { blueprint, EMAIL, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { createChain, type KeyPair } from '../support/certificate.js';
import { runCliOk } from '../support/commands.js';
import { mailTo, putMessages } from '../support/courier-harness.js';
import { Deployment, SERVICES } from '../support/deployment.js';
import { Mailbox, smtpError } from '../support/mailbox.js';
import { freePort } from '../support/processes.js';
import { hasPrometheus } from '../support/prometheus.js';
import { AlertDrill, monitoringPorts } from './alert-drill.js';
import { SteadyVisits } from './steady-visits.js';

/** Factor by which the time windows of the rules are shorter than in a deployment. */
const FACTOR = Number(process.env['ALERTS_FACTOR'] || 20);
const USERS = ['user-0', 'user-1'];
const PARTS = [...SERVICES, 'enrollment', 'courier'] as const;
/** Number of logins that finish before each failure. */
const UNDISTURBED = 10;
/** Number of waiting mails, which exceeds the threshold of GatehouseOutboxBacklog. */
const BACKLOG = 1100;

let folder: string;
let postgresPort: number;
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let mailbox: Mailbox;
/** Whether the mail server refuses each mail with 451, so that the courier tries it again later. */
let isGreylisting = false;
let certificates: { readonly lasting: KeyPair; readonly ending: KeyPair };
let deployment: Deployment;
let drill: AlertDrill;
let visits: SteadyVisits;

const startPostgres = () =>
  startEmbeddedPostgres({
    ...{ dataDir: join(folder, 'data'), port: postgresPort, password: 'drill' },
    settings: ['ssl=on', `ssl_cert_file=${folder}/tls.crt`, `ssl_key_file=${folder}/tls.key`],
  });
const openMailbox = (port?: number) =>
  Mailbox.open({ ...(port && { port }), refuse: () => (isGreylisting ? smtpError(451, 'try later') : undefined) });

/**
 * Creates two certificates of Postgres, one of which expires within a day, and a file with the certificates of their
 * authorities.
 */
async function createCertificates() {
  const [one, lasting] = createChain(['/CN=authority one', true, 365], ['/CN=localhost', false, 365]);
  const [two, ending] = createChain(['/CN=authority two', true, 365], ['/CN=localhost', false, 1]);
  await writeFile(join(folder, 'ca.crt'), `${one!.cert}${two!.cert}`);
  return { lasting: lasting!, ending: ending! };
}

/** Writes the certificate that Postgres loads at its next start or reload. */
async function installCertificate({ key, cert }: KeyPair): Promise<void> {
  const account = await postgresAccount();
  for (const [name, text] of [
    ['tls.key', key],
    ['tls.crt', cert],
  ] as const) {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    if (account) await chown(join(folder, name), account.uid, account.gid);
  }
}

/** Lets Postgres use another certificate, and ends all connections, so that the services see it. */
async function replaceCertificate(certificate: KeyPair): Promise<void> {
  await installCertificate(certificate);
  await deployment.rows('SELECT pg_reload_conf()');
  await deployment.rows(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  );
}

async function openDeployment(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-alerts-'));
  await chmod(folder, 0o755);
  [certificates, mailbox, postgresPort] = await Promise.all([createCertificates(), openMailbox(), freePort()]);
  await installCertificate(certificates.lasting);
  postgres = await startPostgres();
  const url = `${postgres.url.replace('127.0.0.1', 'localhost')}?sslmode=verify-full&sslrootcert=${folder}/ca.crt`;
  await runCliOk('migrate', [], { env: { DATABASE_URL: url } });
  const ports = await monitoringPorts([...PARTS, 'gateway']);
  const own = PARTS.map((part) => [part, { MONITORING_PORT: String(ports[part]) }] as const);
  deployment = await Deployment.open({
    ...{ apart: 'all', services: PARTS, database: { url, drop: () => postgres.stop() } },
    blueprints: [
      blueprint(
        USERS.map((user) => userEntry(user)),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('recovery', [IDENTIFICATION, EMAIL, LOGIN], { designation: 'recovery' }),
      ),
    ],
    gateway: {
      NETWORK_ATTEMPTS_FREE: '1000000',
      MAIL_REQUESTS_FREE: '1000',
      MONITORING_PORT: String(ports['gateway']),
    },
    environment: { ...mailbox.settings, MAIL_RETRY_S: '5', MAIL_RETRY_MAX_S: '5', MAIL_TRIES: '100' },
    own: Object.fromEntries(own),
  });
  const env = { DATABASE_URL: url, ...deployment.sealing };
  drill = await AlertDrill.open(deployment, { ports, factor: FACTOR, env });
}

describe.skipIf(!hasPrometheus)('the alerts fire, and their runbooks show the cause', () => {
  beforeAll(async () => {
    await openDeployment();
    visits = new SteadyVisits(deployment, { slug: 'login', users: USERS });
  });
  afterAll(async () => {
    await visits?.stop();
    await drill?.close();
    await deployment?.close();
    await mailbox?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => visits.finish(UNDISTURBED));

  it('when Postgres is stopped', async () => {
    const causes = await drill.run({
      name: 'Postgres stopped',
      alerts: {
        GatehouseServiceNotReady: /"missing":\[.*"database"/,
        GatehouseStatementsFailing: /connection to server at .* failed: Connection refused/,
      },
      begin: () => postgres.stop(),
      repair: async () => {
        postgres = await startPostgres();
      },
    });
    expect(causes).toEqual({
      GatehouseServiceNotReady: 'ask password /-/health/ready/',
      GatehouseStatementsFailing: expect.stringMatching(/^sql /),
    });
  });

  it('when the only process of a stage is stopped', async () => {
    const causes = await drill.run({
      name: 'Service of a stage stopped',
      alerts: {
        GatehouseServiceDown: /^0 \{.*"service":"password"\}/m,
        GatehouseStageAway: /"outcome":"stage_away"/,
      },
      begin: () => deployment.end('password', 'SIGKILL'),
      repair: () => deployment.start('password'),
    });
    expect(causes).toEqual({
      GatehouseServiceDown: `query 'up{job="gatehouse"} == 0'`,
      GatehouseStageAway: expect.stringMatching(/^query .*stage_away/),
    });
  });

  it('when NATS is stopped', async () => {
    const causes = await drill.run({
      name: 'NATS stopped',
      alerts: { GatehouseNatsDisconnected: /"missing":\["bus"\]/ },
      begin: () => deployment.stopBus(),
      repair: () => deployment.startBus(),
    });
    expect(causes).toEqual({ GatehouseNatsDisconnected: 'ask gateway /-/health/ready/' });
  });

  it('when the mail server is stopped', async () => {
    const { port } = mailbox;
    const causes = await drill.run({
      name: 'Mail server stopped',
      alerts: { GatehouseMailsLate: /ECONNREFUSED/, GatehouseMailsRetried: /ECONNREFUSED/ },
      begin: async () => {
        await mailbox.close();
        const browser = deployment.browser();
        await browser.show('recovery');
        await browser.solve('recovery', { uid_field: USERS[0] });
      },
      repair: async () => {
        mailbox = await openMailbox(port);
      },
    });
    expect(causes).toEqual({
      GatehouseMailsLate: 'npm run mail -- list --waiting',
      GatehouseMailsRetried: 'npm run mail -- list --waiting',
    });
  });

  it('when the outbox fills with mails that the mail server does not accept', async () => {
    const causes = await drill.run({
      name: 'Outbox filled',
      alerts: { GatehouseOutboxBacklog: /"outcome":"later"/ },
      begin: async () => {
        isGreylisting = true;
        const mails = Array.from({ length: BACKLOG }, (_, i) => mailTo(`visitor-${i}@example.org`));
        const execute = (sql: string, values: readonly unknown[]) => deployment.rows(sql, [...values]);
        await putMessages(mails, { seal: deployment.sealing['SEAL_KEYS'] ?? '', execute });
      },
      repair: async () => {
        isGreylisting = false;
      },
    });
    expect(causes).toEqual({
      GatehouseOutboxBacklog: expect.stringMatching(/^query .*gatehouse_courier_delivery_seconds/),
    });
  });

  it('when the certificate of Postgres expires within a day', async () => {
    const causes = await drill.run({
      name: 'Certificate ends',
      alerts: { GatehouseCertificateExpires: /^23\.\d+ \{.*"use":"postgres_server"\}/m },
      begin: () => replaceCertificate(certificates.ending),
      repair: () => replaceCertificate(certificates.lasting),
    });
    expect(causes).toEqual({ GatehouseCertificateExpires: expect.stringMatching(/^query .*3600/) });
  });
});
