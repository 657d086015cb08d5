import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeWithNats, type RunningNats, startNats } from '../support/nats.js';
import { type Environment, readCompose } from './compose.js';
import { freshEnvironment } from './env-file.js';

/**
 * Stands for Docker, which test machines need not have: logs each call, prints the services, and runs the command of the
 * container `stream` as a process of this machine. No container runs before the deployment, except those of NATS and the
 * proxy in the tests of their reload.
 */
const DOCKER = `#!/bin/sh
folder=$(dirname "$0")
echo "$*" >> "$folder/calls"
case "$*" in
  'compose config --format json') cat "$folder/services.json" ;;
  'compose ps --quiet nats') [ ! -e "$folder/varz" ] || echo nats ;;
  'compose ps --quiet proxy') [ ! -e "$folder/uptime" ] || echo proxy ;;
  'inspect '*StartedAt*) echo 2020-01-01T00:00:00Z ;;
  'compose exec -T proxy sh -c '*'show info') echo "Uptime_sec: $(cat "$folder/uptime")" ;;
  'compose exec -T nats sh -c stat '*) cat "$folder/changed" ;;
  'compose exec -T nats sh -c wget '*) cat "$folder/varz" ;;
  'compose run --rm --no-deps stream') exec env -i node --env-file="$folder/stream.env" $(cat "$folder/stream.command") ;;
esac
`;

const MEBIBYTE = 1_048_576;
const RELOAD_NATS = 'compose kill --signal HUP nats';
const RELOAD_PROXY = 'compose kill --signal USR2 proxy';
const RUN_STREAM = 'compose run --rm --no-deps stream';

describeWithNats('npm run deploy', () => {
  let env: Environment;
  let nats: RunningNats;
  let folder: string;

  beforeAll(async () => {
    env = await freshEnvironment();
  });
  beforeEach(async () => {
    nats = await startNats({ config: await readFile('deploy/nats/nats.conf', 'utf8'), env });
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-deploy-'));
    await writeFile(join(folder, 'docker'), DOCKER, { mode: 0o755 });
  });
  afterEach(async () => {
    await nats.stop();
    await rm(folder, { recursive: true });
  });

  /** Runs `npm run deploy` with these settings in a folder. Returns its exit code, its output, and calls of Docker. */
  async function deploy(args: readonly string[], settings: Environment) {
    const services = readCompose({ ...env, ...settings });
    const { command = [], environment = {} } = services['stream'] ?? {};
    const [program = '', ...others] = command;
    const variables = Object.entries({ ...environment, NATS_URL: nats.url });
    await writeFile(join(folder, 'services.json'), JSON.stringify({ services }));
    await writeFile(join(folder, 'stream.command'), [resolve(program), ...others].join(' '));
    await writeFile(join(folder, 'stream.env'), variables.map(([name, value]) => `${name}="${value}"\n`).join(''));
    const PATH = [folder, process.env['PATH']].join(delimiter);
    const output = await new Promise<{ code: unknown; text: string }>((done) => {
      execFile(
        process.execPath,
        [resolve('tools/deploy.mjs'), ...args],
        { cwd: folder, env: { PATH } },
        (error, ...texts) => done({ code: error?.code ?? 0, text: texts.join('') }),
      );
    });
    return { ...output, calls: (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n') };
  }

  /** Returns the name and the limits of each stream of the server. */
  async function streams() {
    const response = await fetch(`${nats.monitoringUrl}/jsz?streams=1&config=1`);
    const { account_details = [] } = (await response.json()) as {
      account_details?: { stream_detail?: { config: { name: string; max_bytes: number; max_age: number } }[] }[];
    };
    return account_details.flatMap(({ stream_detail = [] }) => stream_detail.map(({ config }) => config));
  }

  it.each([['upgrade --no-build'], ['roll'], ['roll courier'], ['roll gateway courier']])(
    '%s creates the stream of events before the courier starts',
    async (args) => {
      const settings = { EVENTS_STREAM: 'events', EVENTS_MAX_BYTES: `${MEBIBYTE}` };
      const { code, text, calls } = await deploy(args.split(' '), settings);
      expect({ code, text }).toEqual({ code: 0, text: expect.stringContaining('stream events created\n') });
      expect(await streams()).toMatchObject([{ name: 'events', max_bytes: MEBIBYTE, subjects: ['events.*'] }]);
      const start = calls.findIndex((call) => /^compose up .*\bcourier\b/.test(call));
      expect(start).toBeGreaterThan(calls.indexOf(RUN_STREAM));
    },
  );

  it.each([
    ['reloads NATS in an upgrade if a file is newer than the loaded configuration', 0, [RELOAD_NATS]],
    ['does not reload NATS in an upgrade if NATS has loaded its files', -1, []],
  ])('%s', async (_promise, newerBy, reloads) => {
    const varz = await (await fetch(`${nats.monitoringUrl}/varz`)).text();
    const { config_load_time: loaded } = JSON.parse(varz) as { config_load_time: string };
    const second = Math.floor(Date.parse(loaded) / 1000);
    await writeFile(join(folder, 'varz'), varz);
    await writeFile(join(folder, 'changed'), `${second - 60}\n${second + newerBy}\n`);
    const { code, calls } = await deploy(['upgrade', '--no-build'], {});
    expect(code).toBe(0);
    expect(calls.filter((call) => call.startsWith('compose kill'))).toEqual(reloads);
  });

  it.each([
    ['reloads the proxy in an upgrade if its file is newer than the loaded configuration', 1e9, [RELOAD_PROXY]],
    ['does not reload the proxy in an upgrade if an earlier one has loaded this file', 0, []],
  ])('%s', async (_promise, uptimeS, reloads) => {
    await symlink(resolve('deploy'), join(folder, 'deploy'));
    await writeFile(join(folder, 'uptime'), `${uptimeS}\n`);
    const { code, calls } = await deploy(['upgrade', '--no-build'], {});
    expect(code).toBe(0);
    expect(calls.filter((call) => call.startsWith('compose kill'))).toEqual(reloads);
  });

  it('roll courier changes the limits of the stream to those of .env', async () => {
    const first = await deploy(['roll', 'courier'], { EVENTS_STREAM: 'events', EVENTS_MAX_BYTES: `${MEBIBYTE}` });
    expect(first.text).toContain('stream events created\n');
    const settings = { EVENTS_STREAM: 'events', EVENTS_MAX_BYTES: `${2 * MEBIBYTE}` };
    expect((await deploy(['roll', 'courier'], settings)).text).toContain('stream events updated\n');
    expect(await streams()).toMatchObject([{ name: 'events', max_bytes: 2 * MEBIBYTE }]);
  });

  it('creates no stream without EVENTS_STREAM, and runs the stream job only with the courier', async () => {
    expect(await deploy(['roll', 'courier'], {})).toMatchObject({
      code: 0,
      text: expect.stringContaining('is not set'),
    });
    const { code, calls } = await deploy(['roll', 'gateway'], { EVENTS_STREAM: 'events' });
    expect([code, calls.filter((call) => call === RUN_STREAM).length]).toEqual([0, 1]);
    expect(await streams()).toEqual([]);
  });

  it('starts no service when the stream cannot be created, and says why', async () => {
    await nats.stop();
    const { code, text, calls } = await deploy(['roll'], { EVENTS_STREAM: 'events' });
    expect(code).toBe(1);
    expect(text).toContain('cannot be reached');
    expect(text).toContain(`docker ${RUN_STREAM} has failed`);
    expect(calls.filter((call) => call.startsWith('compose up'))).toEqual([]);
  });
});
