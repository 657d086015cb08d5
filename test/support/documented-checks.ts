import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import type { KeyPair } from './certificate.js';

/** The time after which a logout has reached every gateway (docs/spec/forward-auth.md). */
export const MAX_VERDICT_MS = 5000;

/**
 * Sends requests until all have the status `refused`. Returns how many milliseconds after the call a request was last
 * let through; 0 if none was.
 */
export async function lastPassed(statuses: () => Promise<number[]>, refused: number): Promise<number> {
  const since = performance.now();
  let last = 0;
  const areRefused = async () => {
    const sent = performance.now();
    const done = (await statuses()).every((status) => status === refused);
    if (!done) last = sent - since;
    return done;
  };
  await expect.poll(areRefused, { timeout: 4 * MAX_VERDICT_MS, interval: 50 }).toBe(true);
  return last;
}

/** Runs a script whose curl reaches all hosts at a proxy on this machine. Returns its output. */
export async function runByCurl(
  script: string,
  { port, certificate }: { readonly port: number; readonly certificate: KeyPair },
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-curl-'));
  try {
    await writeFile(join(folder, 'site.crt'), certificate.cert);
    const curl = `curl() { command curl --connect-to ::127.0.0.1:${port} --cacert '${folder}/site.crt' "$@"; }`;
    return (await promisify(execFile)('bash', ['-c', `${curl}\n${script}`])).stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}
