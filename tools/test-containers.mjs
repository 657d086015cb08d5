/**
 * `npm run test:containers`: runs the compose deployment in a Docker engine and breaks it (test/containers). Uses the
 * engine of DOCKER_HOST, or of the default socket. Without such an engine, starts one in a network of its own, and
 * stops it afterwards: as root, with `dockerd`, `slirp4netns` and `debootstrap` installed. ENGINE_NETNS names the
 * network namespace of an engine that has one. Prints one line and succeeds if no engine can be started.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const ENGINE_TIMEOUT_MS = 60_000;
/** CPU weight of all containers together (cgroups v1). A process outside of them has 1024. */
const CPU_SHARES = '12288';
const OWN_ENGINE_NEEDS = ['dockerd', 'slirp4netns', 'nsenter', 'ip'];

const engine = (await findEngine()) ?? (await startEngine());
if (engine) {
  try {
    process.exitCode = runSuite(engine);
  } finally {
    await engine.stop();
  }
} else console.log(`SKIPPED: no Docker engine (DOCKER_HOST, or root with ${OWN_ENGINE_NEEDS.join(', ')})`);

async function findEngine() {
  if (!isUsable(process.env)) return undefined;
  return { env: process.env, netns: process.env.ENGINE_NETNS, stop: async () => undefined };
}

/** Starts an engine in a network namespace, so that neither ports nor firewall rules of this machine change. */
async function startEngine() {
  const canStart = process.getuid() === 0 && OWN_ENGINE_NEEDS.every((program) => succeeds('which', program));
  if (!canStart) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-engine-'));
  const { netns, closeNetwork } = openNetwork(`gatehouse-${process.pid}`);
  const env = { ...process.env, DOCKER_HOST: `unix://${join(folder, 'docker.sock')}` };
  const daemon = startDaemon(netns, folder);
  const stop = async () => {
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    if (daemon.kill()) await ended;
    closeNetwork();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const end = Date.now() + ENGINE_TIMEOUT_MS; !isUsable(env); await delay(500)) {
    if (Date.now() < end && daemon.exitCode === null) continue;
    await stop();
    throw new Error('dockerd does not start here');
  }
  raiseCpuShares();
  return { env, netns, stop };
}

/**
 * Gives the containers their CPU weight if the kernel has cgroups v1. Without it, all containers together weigh as much
 * as one process.
 */
function raiseCpuShares() {
  if (!existsSync('/sys/fs/cgroup/cpu/cpu.shares')) return;
  mkdirSync('/sys/fs/cgroup/cpu/docker', { recursive: true });
  writeFileSync('/sys/fs/cgroup/cpu/docker/cpu.shares', CPU_SHARES);
}

/** Makes a network namespace that reaches the internet through this process's network. */
function openNetwork(name) {
  const netns = `/run/netns/${name}`;
  must('ip', 'netns', 'add', name);
  must('nsenter', `--net=${netns}`, 'ip', 'link', 'set', 'lo', 'up');
  must('nsenter', `--net=${netns}`, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
  const args = ['--configure', '--mtu=1500', '--netns-type=path', netns, 'tap0'];
  const network = spawn('slirp4netns', args, { stdio: 'ignore', detached: true });
  const closeNetwork = () => {
    network.kill();
    must('ip', 'netns', 'delete', name);
  };
  return { netns, closeNetwork };
}

/** Starts dockerd with its data in a folder, by `nsenter`: `ip netns exec` would hide the cgroups from dockerd. */
function startDaemon(netns, folder) {
  const options = {
    host: `unix://${join(folder, 'docker.sock')}`,
    'data-root': join(folder, 'data'),
    'exec-root': join(folder, 'exec'),
    pidfile: join(folder, 'pid'),
    // The DNS server of slirp4netns, and networks that slirp4netns does not use.
    dns: '10.0.2.3',
    bip: '172.31.0.1/24',
    'default-address-pool': 'base=172.30.0.0/16,size=24',
  };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  return spawn('nsenter', [`--net=${netns}`, 'dockerd', ...args], { stdio: 'ignore', detached: true });
}

/** Runs vitest where the published ports of the engine are reachable. */
function runSuite({ env, netns }) {
  const vitest = ['npx', 'vitest', 'run', '--config', 'test/containers/vitest.config.ts', ...process.argv.slice(2)];
  const [program, ...args] = netns ? ['nsenter', `--net=${netns}`, ...vitest] : vitest;
  return spawnSync(program, args, { env, stdio: 'inherit' }).status ?? 1;
}

function isUsable(env) {
  return spawnSync('docker', ['version'], { env, stdio: 'ignore' }).status === 0;
}

function succeeds(program, ...args) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

function must(program, ...args) {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}
