import { randomBytes } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NEEDS, type Need, SECRETS, SERVICES } from '../deploy/catalogue.js';
import { blueprint, userEntry } from '../support/blueprints.js';
import { Browser, usernameOf } from '../support/browser.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { provideBaseImages } from './base-images.js';
import { ComposeProject } from './compose-project.js';
import { FaultMatrix, UNDISTURBED } from './fault-matrix.js';

const DEPLOY = 'docs/how-to/deploy.md';
const ROTATE_SECRETS = 'docs/how-to/rotate-secrets.md';
const WRITE_A_STAGE = 'docs/how-to/write-a-stage-in-another-language.md';
/** Slug of the login flow in the blueprint of examples/go-stage. */
const CODE_FLOW = 'login-with-code';
const PASSWORD = 'correct-horse-7';
const FLOW = 'default-authentication-flow';
const USERS = Array.from({ length: 4 }, (_, i) => `user-${i}`);
/** Largest memory of an idle container in MiB. */
const MEMORY_MIB = { gateway: 150, policy: 500, others: 128 };
/** A host on the internet, to test which containers can reach it. The build of the image needs it too. */
const WORLD = 'registry.npmjs.org:443';

const matrix = new FaultMatrix(USERS, FLOW);
const figures: string[] = [];
let project: ComposeProject;
beforeAll(() => {
  provideBaseImages();
  project = new ComposeProject();
});
afterAll(async () => {
  process.stdout.write(`\n${[...figures, ...matrix.lines()].join('\n')}\n`);
  await project?.close();
});

/** Logs a user in. Returns the username of the new session, or `undefined` if the login failed. */
async function logIn(user: string): Promise<string | undefined> {
  const browser = new Browser(project.url);
  await browser.show(FLOW);
  await browser.solve(FLOW, { uid_field: user });
  await browser.solve(FLOW, { password: PASSWORD });
  return usernameOf(browser);
}

const underLoad = (fault: string, act: () => Promise<unknown>) => matrix.run(project.url, fault, act);

/** Resolves when all services are healthy. `up --wait` fails while one is unhealthy, so it is repeated. */
const untilReady = (services: readonly string[]) => {
  const wait = `docker compose up --detach --no-deps --no-build --no-recreate --wait ${services.join(' ')}`;
  return project.sh(`timeout 120 sh -c 'until ${wait}; do :; done'`);
};

describe('a compose deployment', () => {
  it('is installed by the commands of deploy.md, so that its administrator can log in', async () => {
    const start = Date.now();
    await project.follow(DEPLOY, 'Install');
    writeFileSync(join(project.folder, 'admin.yaml'), DocumentedCommands.of(DEPLOY).block('yaml', /core.user/));
    await project.follow(DEPLOY, 'The first administrator', { input: `${PASSWORD}\n` });
    expect(await logIn('admin')).toBe('admin');
    figures.push(`from deploy:env to the first login: ${Math.round((Date.now() - start) / 1000)} s`);
    expect(await project.follow(DEPLOY, 'The first administrator', { block: 1 })).toBe('{"status":"ok"}');
    const size = Number(await project.sh("docker image inspect --format '{{.Size}}' gatehouse"));
    const base = Number(await project.sh("docker image inspect --format '{{.Size}}' node:24-slim"));
    figures.push(`image: ${Math.round(size / 1e6)} MB, of which Gatehouse adds ${Math.round((size - base) / 1e6)} MB`);
    await project.apply(blueprint(USERS.map((user) => userEntry(user))));
  });

  it('runs every container healthy, without root, and within its expected memory', async () => {
    const memory = await project.memory();
    for (const service of [...SERVICES, 'proxy', 'postgres', 'nats']) {
      const containers = await project.inspect(service);
      expect(containers).toHaveLength(service === 'gateway' ? 2 : 1);
      for (const { State, Config, HostConfig } of containers) {
        expect(State.Health?.Status).toBe('healthy');
        expect(Config.User).toMatch(/^[1-9]\d*:[1-9]\d*$/);
        expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'] });
        expect(HostConfig.SecurityOpt).toContain('no-new-privileges:true');
        expect(HostConfig.Memory).toBeGreaterThan(0);
      }
    }
    for (const service of SERVICES) {
      const used = memory.get(service) ?? [];
      expect(used).not.toEqual([]);
      figures.push(`memory of ${service}: ${used.map((value) => Math.round(value)).join(' and ')} MiB`);
      const limit = service === 'gateway' || service === 'policy' ? MEMORY_MIB[service] : MEMORY_MIB.others;
      for (const value of used) expect(value).toBeLessThan(limit);
    }
  });

  it('mounts the root file system of a container (session) read-only, even for root', async () => {
    for (const user of ['1000', '0']) {
      const script = `docker compose exec -T --user ${user} session sh -c 'touch /app/x 2>&1 || true'`;
      expect(await project.sh(script)).toMatch(/Read-only file system/);
    }
  });

  it.each(Object.keys(NEEDS))(
    'lets the container %s connect to NATS, Postgres or the internet only if it needs them',
    async (name) => {
      const targets = { bus: 'nats:4222', data: 'postgres:5432', world: WORLD } as const;
      const probe = `Promise.all(process.argv.slice(1).map((target) => new Promise((done) => {
        const [host, port] = target.split(":");
        const socket = require("net").connect({ host, port, timeout: 5000 });
        const end = (reached) => { socket.destroy(); done(reached); };
        socket.on("connect", () => end(true)).on("error", () => end(false)).on("timeout", () => end(false));
      }))).then((reached) => console.log(JSON.stringify(reached)))`;
      const inside = SERVICES.includes(name)
        ? `docker compose exec -T ${name} node`
        : `docker compose run --rm --no-deps -T --entrypoint node ${name}`;
      const output = await project.sh(`${inside} -e '${probe}' ${Object.values(targets).join(' ')}`);
      const reached = JSON.parse(output.split('\n').at(-1) ?? '') as boolean[];
      const names = (Object.keys(targets) as (keyof typeof targets)[]).filter((_, i) => reached[i]);
      const needs = (NEEDS[name] ?? []).filter((need): need is Exclude<Need, 'front'> => need !== 'front');
      expect(names).toEqual(needs);
    },
  );

  it('lets the proxy connect to the gateway, but not to NATS or Postgres', async () => {
    const tried = (url: string) =>
      project.sh(`docker compose exec -T proxy wget -T 5 -t 1 -qO- ${url} >/dev/null 2>&1 && echo yes || echo no`);
    expect(await tried('http://gateway:9000/-/health/live/')).toBe('yes');
    expect(await tried('http://nats:8222/healthz')).toBe('no');
    expect(await tried('http://postgres:5432/')).toBe('no');
  });

  it('ignores an X-Forwarded-Host header that a visitor sends', async () => {
    const log = async () => project.sh('docker compose logs --no-log-prefix --tail 50 gateway');
    expect(await log()).not.toContain('203.0.113.9');
    const headers = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-host': 'evil.example' };
    const browser = new Browser(project.url);
    const { status, text } = await browser.fetch(`/if/flow/${FLOW}/`, { headers });
    expect(status).toBe(200);
    expect(text).not.toContain('evil.example');
  });

  it('scales the password service to three replicas and replaces no container', async () => {
    const idsOf = async () => (await project.sh('docker compose ps --quiet')).split('\n');
    const before = await idsOf();
    await underLoad('password scaled to 3', () => project.follow(DEPLOY, 'Scale'));
    const after = await idsOf();
    expect(after).toEqual(expect.arrayContaining(before));
    expect(after).toHaveLength(before.length + 2);
    await project.follow('docs/how-to/scale.md', 'Add replicas');
    expect(await project.inspect('identification')).toHaveLength(3);
    await project.sh('sed -i /IDENTIFICATION_REPLICAS/d .env && npm run deploy -- scale');
    expect(await project.inspect('identification')).toHaveLength(1);
  });

  it.each(SERVICES)('loses no login when %s is killed and Docker restarts it', async (service) => {
    const [container] = await project.inspect(service);
    await underLoad(`${service} killed`, async () => process.kill(container!.State.Pid, 'SIGKILL'));
    await untilReady([service]);
    const again = (await project.inspect(service)).find(({ Id }) => Id === container!.Id);
    expect(again?.RestartCount).toBe(container!.RestartCount + 1);
  });

  it.each(['nats', 'postgres', 'proxy'])('loses no login when %s is restarted', async (service) => {
    const { logins } = await underLoad(`${service} restarted`, () => project.sh(`docker compose restart ${service}`));
    expect(logins).toBeGreaterThanOrEqual(2 * UNDISTURBED);
    await untilReady([service]);
  });

  it('responds 503 to the health check of a service while NATS is down', async () => {
    await project.sh('docker compose stop nats');
    const problem = await project.follow(DEPLOY, 'When something is broken', { block: 1 });
    expect(problem).toMatch(/ 503 /);
    await project.sh('docker compose start nats');
    await untilReady([...SERVICES, 'nats']);
    expect(await project.follow(DEPLOY, 'When something is broken')).toContain('"status":"ok"');
  });

  it('runs the commands of the runbooks without an error', async () => {
    const runbooks = DocumentedCommands.of('docs/how-to/runbooks.md');
    const functions = runbooks.block('sh', /^ask\(\) \{ docker/);
    const lines = runbooks.all('sh').flatMap((block) => block.split('\n'));
    // Leaves out `query`, which needs Prometheus, and pipes, because a `grep` without a match fails.
    const commands = new Set(
      lines.filter((line) => /^(ask|sql|logs|docker) /.test(line)).map((line) => line.split(' | ')[0]),
    );
    expect(commands.size).toBeGreaterThan(20);
    for (const command of commands) await project.sh(`${functions}${command} > /dev/null`);
  });

  it('upgrades to a new image and rolls back without a failed request, and keeps its replicas', async () => {
    const old = (await project.inspect('session'))[0]!.Image;
    appendFileSync(join(project.folder, 'blueprints/default-brand.yaml'), '\n# A new version.\n');
    const row = await underLoad('upgrade', () => project.follow(DEPLOY, 'Upgrade'));
    expect(row.reasons).toEqual({});
    for (const service of SERVICES) {
      const images = (await project.inspect(service)).map(({ Image }) => Image);
      expect(images).toHaveLength({ gateway: 2, password: 3 }[service] ?? 1);
      expect(images).not.toContain(old);
    }
    const back = await underLoad('back to the previous image', () => project.follow(DEPLOY, 'Upgrade', { block: 1 }));
    expect(back.reasons).toEqual({});
    expect((await project.inspect('session'))[0]!.Image).toBe(old);
  });

  it('applies a changed nats.conf in an upgrade without replacing the NATS container', async () => {
    const [nats] = await project.inspect('nats');
    const file = join(project.folder, 'deploy/nats/nats.conf');
    writeFileSync(file, project.read('deploy/nats/nats.conf').replace('write_deadline: "3s"', 'write_deadline: "4s"'));
    await project.follow('docs/how-to/upgrade.md', 'Upgrade');
    const settings = await project.sh('docker compose exec -T nats wget -qO- http://127.0.0.1:8222/varz');
    expect(JSON.parse(settings)).toMatchObject({ write_deadline: 4e9 });
    expect((await project.inspect('nats'))[0]!.Id).toBe(nats!.Id);
  });

  it('keeps the old containers when the new ones do not become ready', async () => {
    const before = await project.inspect('session');
    const broken = `printf 'FROM gatehouse\\nCMD ["-e", ""]\\nENTRYPOINT ["false"]\\n' | docker build --quiet --tag gatehouse -`;
    await project.sh('docker tag gatehouse gatehouse:kept');
    await project.sh(broken);
    await expect(project.sh('npm run deploy -- roll session')).rejects.toThrow(
      /session: the new container is .*The old ones stay/s,
    );
    await project.sh('docker tag gatehouse:kept gatehouse && docker rmi gatehouse:kept');
    expect((await project.inspect('session')).map(({ Id }) => Id)).toEqual(before.map(({ Id }) => Id));
  });

  it('applies a setting in .env when all services are rolled, and gives a service only its own secrets', async () => {
    appendFileSync(join(project.folder, '.env'), 'ANONYMOUS_RATE=0\n');
    const { reasons } = await underLoad('all services rolled', () => project.follow(DEPLOY, 'Put your proxy in front'));
    expect(reasons).toEqual({});
    const secrets = [...project.read('secrets.env').matchAll(/^(\w+)=(.+)$/gm)];
    for (const service of SERVICES) {
      const { Env } = (await project.inspect(service))[0]!.Config;
      expect(Env).toContain('ANONYMOUS_RATE=0');
      const present = secrets
        .filter(([, , value = '']) => Env.some((line) => line.includes(value)))
        .map(([, name]) => name);
      const own = ['NATS_NKEY_SEED', 'DATABASE_PASSWORD'].map((name) => `${name}_${service.toUpperCase()}`);
      expect(present.filter((name) => ![...own, ...(SECRETS[service] ?? [])].includes(name ?? ''))).toEqual([]);
    }
  });

  it('creates the event stream by the commands of audit-events.md, and stores events in it', async () => {
    appendFileSync(join(project.folder, '.env'), 'EVENTS_STREAM=events\n');
    const created = await project.follow('docs/how-to/audit-events.md', 'Store events in a stream');
    expect(created).toContain('stream events created');
    expect(await logIn('admin')).toBe('admin');
    const outbox = `SELECT count(*) FROM flow.outbox WHERE topic LIKE 'events.%'`;
    while ((await project.sh(`docker compose exec -T postgres psql -U postgres -d gatehouse -Atc "${outbox}"`)) !== '0')
      await pause(200);
    const stored = JSON.parse(await project.sh('docker compose exec -T nats wget -qO- http://127.0.0.1:8222/jsz'));
    expect(stored).toMatchObject({ streams: 1, messages: expect.toSatisfy((count: number) => count > 0) });
  });

  it('deploys an external stage by the commands of its how-to page, and uses it in a login', async () => {
    const heading = 'Deploy it';
    await project.follow(WRITE_A_STAGE, heading);
    await project.follow(WRITE_A_STAGE, heading, { block: 1 });
    await project.sh(
      'grep -m1 serving < <(docker compose --project-directory stages --file stages/compose.yml logs --follow stage 2>/dev/null)',
    );
    expect(await project.follow(WRITE_A_STAGE, heading, { block: 2 })).toMatch(/x_example_code: \d+ promises kept/);
    const browser = new Browser(project.url);
    await browser.show(CODE_FLOW);
    await browser.solve(CODE_FLOW, { uid_field: 'user-0', password: PASSWORD });
    const { body } = await browser.solve(CODE_FLOW, { code: 'wrong' });
    expect(body).toHaveProperty('response_errors.code');
    await browser.solve(CODE_FLOW, { code: 'let-me-in' });
    expect(await usernameOf(browser)).toBe('user-0');
    const checker = 'docker compose run --rm checker password || true';
    expect(await project.sh(checker)).toContain('did not answer on stage.password.describe');
  });

  it('exports and deletes a user', async () => {
    await project.operator('user.js create eve --password', `${PASSWORD}\n`);
    expect(await logIn('eve')).toBe('eve');
    const exported = await project.operator('user.js export eve');
    expect(exported).toContain('"eve"');
    expect(await project.operator('user.js delete eve')).toContain('deleted eve');
    expect(await logIn('eve')).toBeUndefined();
  });

  it('rotates the seal keys by the commands of rotate-secrets.md', async () => {
    const heading = '`SEAL_KEYS` and `MFA_SEAL_KEYS`';
    const setting = /^(MFA_)?SEAL_KEYS$/;
    const added = `k2:${randomBytes(32).toString('base64')}`;
    await underLoad('seal keys rotated', async () => {
      project.changeSecrets(setting, (name, old) => `${name}=${old},${added}\n`);
      await project.follow(ROTATE_SECRETS, heading);
      project.changeSecrets(setting, (name, keys) => `${name}=${added},${keys.split(',')[0]}\n`);
      await project.follow(ROTATE_SECRETS, heading);
    });
    const output = await project.follow(ROTATE_SECRETS, heading, { block: 1 });
    expect(output).toMatch(/k1 can be removed from SEAL_KEYS.*k1 can be removed from MFA_SEAL_KEYS/s);
    project.changeSecrets(setting, (name) => `${name}=${added}\n`);
    await project.follow(ROTATE_SECRETS, heading);
    expect(await logIn('admin')).toBe('admin');
  });

  it('replaces the nkey of a service by the commands of rotate-secrets.md', async () => {
    project.changeSecrets(/^NATS_NKEY_SEED_MFA$/, () => '');
    await project.sh('sed -i /^NATS_NKEY_MFA=/d .env');
    await underLoad('nkey of mfa replaced', () => project.follow(ROTATE_SECRETS, 'Nkeys of NATS users'));
    await untilReady(SERVICES);
    expect(await logIn('admin')).toBe('admin');
  });

  it('keeps its data when its containers are removed and created again', async () => {
    await project.follow(DEPLOY, 'When something is broken', { block: 2 });
    expect(await logIn('admin')).toBe('admin');
  });

  it('is restored from a backup by the commands of deploy.md', async () => {
    await project.follow(DEPLOY, 'Back up and restore');
    await project.apply(blueprint(userEntry('later')));
    expect(await logIn('later')).toBe('later');
    await project.follow(DEPLOY, 'Back up and restore', { block: 1 });
    expect(await logIn('admin')).toBe('admin');
    expect(await logIn('later')).toBeUndefined();
  });

  it('starts all containers at once on an empty database, and none of them restarts', async () => {
    await project.sh('docker compose down --volumes');
    const start = Date.now();
    await project.sh('docker compose up --detach');
    await untilReady([...SERVICES, 'proxy']);
    figures.push(`from docker compose up to ready: ${Math.round((Date.now() - start) / 1000)} s`);
    for (const service of SERVICES)
      for (const { RestartCount } of await project.inspect(service)) expect(RestartCount).toBe(0);
    await project.operator('blueprint.js apply --once blueprints');
    await project.apply(blueprint(userEntry('first')));
    expect(await logIn('first')).toBe('first');
  });
});
