import { addressConfig } from '@gatehouse/gateway';
import { listeningProcess, listenOnce, readConfig, StartError } from '@gatehouse/platform';

/**
 * Throws StartError if the address of the gateway is taken. The error names the process that listens there. Called
 * before anything is started, because a second Gatehouse in the same folder must not touch the servers of the first.
 */
export async function checkPortIsFree(env: NodeJS.ProcessEnv): Promise<void> {
  const { HOST: host, PORT: port } = readConfig(addressConfig, env);
  const error = await listenOnce(port, host).catch((reason: NodeJS.ErrnoException) => reason);
  if (typeof error === 'number' || error.code !== 'EADDRINUSE') return;
  const owner = await listeningProcess(port);
  const by = owner ? `process ${owner.pid} (${owner.command})` : 'a process of another account';
  throw new StartError(`port ${port} of ${host} is taken by ${by}. Stop it, or set PORT to another port.`);
}
