import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { findFreePort } from './free-port.js';
import { listeningProcess } from './listening-process.js';

it.each(['127.0.0.1', '::'])(
  'listeningProcess finds the process that listens on %s, and none after it has stopped',
  async (host) => {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const found = await listeningProcess(port);
    server.close();
    await once(server, 'close');

    expect(found).toEqual({ pid: process.pid, command: expect.stringMatching(/node|vitest/) });
    expect(await listeningProcess(port)).toBeUndefined();
  },
);

it('listeningProcess returns undefined for a port on which nothing listens', async () => {
  expect(await listeningProcess(await findFreePort())).toBeUndefined();
});
