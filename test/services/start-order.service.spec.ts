import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli, runCliOk } from '../support/commands.js';
import { describeWithNats, type RunningNats, startNats } from '../support/nats.js';
import { startOwnPostgres } from '../support/own-postgres.js';
import { onServer } from '../support/postgres-databases.js';
import { freePort, type RunningProcess, startProcess } from '../support/processes.js';

const CAPTCHA = 'dist/apps/captcha/src/main.js';
const PASSWORD = 'password-of-a-test'; // not-a-secret
const SUBJECTS = '"stage.captcha.challenge captcha", "stage.captcha.respond captcha", "stage.captcha.describe captcha"';

describeWithNats('a service that starts before its dependencies', { timeout: 90_000 }, () => {
  let postgres: Awaited<ReturnType<typeof startOwnPostgres>>;
  let nats: RunningNats | undefined;
  let service: RunningProcess | undefined;
  let monitoringPort: number;
  let natsPort: number;

  beforeAll(async () => {
    [postgres, monitoringPort, natsPort] = await Promise.all([
      startOwnPostgres({ password: PASSWORD }),
      freePort(),
      freePort(),
    ]);
  });
  afterAll(async () => {
    await service?.stop();
    await nats?.stop();
    await postgres.stop();
  });

  const databaseUrl = (user: string) => {
    const url = new URL(postgres.url);
    [url.username, url.password, url.pathname] = [user, PASSWORD, '/gatehouse'];
    return url.href;
  };
  const missing = async () => {
    const answer = await fetch(`http://127.0.0.1:${monitoringPort}/-/health/ready/`);
    return ((await answer.json()) as { missing?: string[] }).missing;
  };
  const permitting = (subjects: string) =>
    `authorization { users: [{ user: captcha, password: s, permissions: { subscribe: [${subjects}] } }] }`;

  it('waits for the database, its role, the migrations, the bus and its subscriptions, and then serves', async () => {
    const operator = { DATABASE_URL: databaseUrl('postgres'), DATABASE_PASSWORD_CAPTCHA: PASSWORD };
    const migrate = await startProcess('dist/apps/cli/src/migrate.js', operator, {
      ready: /dependency_awaited.*database/,
    });
    service = await startProcess(
      CAPTCHA,
      {
        ...{ DATABASE_URL: databaseUrl('gatehouse_captcha'), MONITORING_PORT: String(monitoringPort) },
        ...{ NATS_URL: `nats://127.0.0.1:${natsPort}`, NATS_USER: 'captcha', NATS_PASSWORD: 's' },
      },
      {
        ready:
          /"dependency":"database","reason":"Postgres at \S+ accepts no connection: password authentication failed/,
      },
    );
    expect(await missing()).toEqual(['start', 'bus', 'database']);
    expect((await fetch(`http://127.0.0.1:${monitoringPort}/-/health/live/`)).status).toBe(200);

    const [seesNoMigrations, seesNoBus] = [
      service.says(/"dependency":"migrations","reason":"Postgres lacks migrations of this version/),
      service.says(/"dependency":"bus","reason":"NATS at \S+ accepts no connection/),
    ];
    await onServer(postgres.url, async (client) => {
      await client.query(`CREATE ROLE gatehouse_captcha LOGIN PASSWORD '${PASSWORD}'`);
      await client.query('CREATE DATABASE gatehouse');
    });
    expect(await migrate.gone).toBe(0);
    await seesNoMigrations;
    expect(await missing()).toEqual(['start', 'bus', 'migrations']);

    await runCliOk('roles', [], { env: operator });
    await seesNoBus;
    const seesRefusal = service.says(
      /"dependency":"bus","reason":"NATS refuses the subscriptions stage\.captcha\.challenge/,
    );
    nats = await startNats({ config: permitting('"nothing"'), port: natsPort });
    await seesRefusal;
    expect(await missing()).toEqual(['start', 'bus']);

    const serves = service.says(/"serving"/);
    await nats.reload(permitting(SUBJECTS));
    await serves;
    expect(await missing()).toBeUndefined();
  });

  it('exits with a message of one line after START_WAIT_S', async () => {
    const env = { DATABASE_URL: `postgres://captcha:hidden@127.0.0.1:${natsPort + 1}/none`, START_WAIT_S: '1' }; // not-a-secret
    const message = await startProcess(CAPTCHA, env, { ready: /"serving"/ }).then(
      () => 'it has started',
      (error: Error) => error.message,
    );
    expect(message).toContain('ended with 1');
    expect(message).toMatch(
      /^captcha: Postgres at 127\.0\.0\.1:\d+\/none accepts no connection: connect ECONNREFUSED \S+ Gave up after START_WAIT_S, 1 s$/m,
    );
    expect(message).not.toContain('hidden');
  });

  it.each(['migrate', 'roles'] as const)('the command %s exits with one line if Postgres is down', async (name) => {
    const DATABASE_URL = `postgres://postgres:hidden@127.0.0.1:${natsPort + 1}/none`; // not-a-secret
    const env = { DATABASE_URL, START_WAIT_S: '0', DATABASE_PASSWORD_CAPTCHA: PASSWORD };
    const { code, stderr } = await runCli(name, [], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(
        `^${name}: Postgres at 127\\.0\\.0\\.1:\\d+/none accepts no connection: connect ECONNREFUSED [^\\n]*\\n$`,
      ),
    );
  });
});
