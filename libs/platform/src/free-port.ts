import { type AddressInfo, createServer } from 'node:net';

/** Returns a port of the loopback interface that is free now. Another process may take it before the caller does. */
export const findFreePort = (): Promise<number> => listenOnce(0, '127.0.0.1');

/**
 * Returns the port after listening on it for a moment, to show that it is free; for 0, a free port. Throws the error of
 * the operating system if the port is in use.
 */
export function listenOnce(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(port, host, () => {
      const { port: found } = probe.address() as AddressInfo;
      probe.close(() => resolve(found));
    });
  });
}
