import { type AddressInfo, createServer } from 'node:net';

/** Returns a port of the loopback interface that is free at this moment. */
export const findFreePort = (): Promise<number> => listenOnce(0, '127.0.0.1');

/** Listens on a port for a moment and returns it. Throws the error of the operating system if that fails. */
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
