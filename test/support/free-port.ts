import { listenOnce } from '../../libs/platform/src/free-port.js';

/**
 * The ports of one worker. They are below those that Linux gives to outgoing connections, because such a connection could
 * take a port before the server of a test listens on it.
 */
const [FIRST_PORT, PORTS, WORKERS] = [10_000, 2_500, 9];

const firstPort = FIRST_PORT + (Number(process.env['VITEST_POOL_ID'] ?? 0) % WORKERS) * PORTS;
/** Starts anywhere, so that two runs on one machine seldom try the same ports. */
let next = Math.floor(Math.random() * PORTS);

/** Returns a free port of the loopback interface, which no other worker of the run returns. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORTS; tries++) {
    next = (next + 1) % PORTS;
    const port = await listenOnce(firstPort + next, '127.0.0.1').catch(() => undefined);
    if (port !== undefined) return port;
  }
  throw new Error(`no port from ${firstPort} to ${firstPort + PORTS - 1} is free`);
}
