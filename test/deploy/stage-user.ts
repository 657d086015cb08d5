import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node';
import { readEnvFile } from './env-file.js';

const run = promisify(execFile);

/** NATS users of external stages. */
export interface StageUsers {
  /** Content of the file with these users, which deploy/nats/nats.conf includes. */
  readonly config: string;
  /** Connects to a server as the user of a kind. */
  readonly connect: (kind: string, servers: string) => Promise<NatsConnection>;
}

/** Runs `npm run deploy:stage` in a folder, and returns what it prints. */
export async function deployStage(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [resolve('tools/deploy-stage.mjs'), ...args], { cwd: folder });
  return stdout;
}

/** Makes a NATS user for each kind with `npm run deploy:stage`. */
export async function stageUsers(...kinds: string[]): Promise<StageUsers> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-stages-'));
  try {
    const seeds = new Map<string, Uint8Array>();
    for (const kind of kinds) {
      await deployStage(folder, kind);
      const { NATS_NKEY_SEED } = await readEnvFile(join(folder, 'stages', `${kind}.env`));
      seeds.set(kind, new TextEncoder().encode(NATS_NKEY_SEED));
    }
    return {
      config: await readFile(join(folder, 'stages/nats/users.conf'), 'utf8'),
      connect: (kind, servers) =>
        connect({ servers, authenticator: nkeyAuthenticator(seeds.get(kind)!), reconnect: false, noAsyncTraces: true }),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
