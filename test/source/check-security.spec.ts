import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const CHECK = resolve('tools/check-security.mjs');
const KEY = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).privateKey;
/** Assembled from parts, so that the check does not find the secret in this file. */
const RANDOM = ['apiKey = "q8Zr2TnVb4', 'Lx9Kd7Wm3Yc6Hs1Jf5Gp"'].join('');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-check-'));
  write('package-lock.json', lockOf({ license: 'MIT' }));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const lockOf = (fields: object) =>
  JSON.stringify({
    ...{ name: 'x', version: '1.0.0', lockfileVersion: 3 },
    packages: {
      '': { name: 'x', version: '1.0.0', dependencies: { left: '1.0.0' } },
      'node_modules/left': { version: '1.0.0', ...fields },
    },
  });

/** Runs the check in the folder. Returns its exit code and output. */
function check(args: readonly string[] = ['--offline'], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [CHECK, ...args], { cwd: folder, env: { ...process.env, ...env } });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise<{ code: number | null; output: string }>((done) =>
    child.on('close', (code) => done({ code, output })),
  );
}

describe('check:security', () => {
  it('reports a private key and a random value with file and line, but does not print them', async () => {
    write('key.ts', `// a key\nconst a = \`${KEY}\`;\n`);
    write('.env.example', `\n\n${RANDOM}\n`);
    const { code, output } = await check();
    expect({ code, output }).toEqual({
      code: 1,
      output: expect.stringMatching(/^\.env\.example:3: .+\nkey\.ts:2: .+\n$/),
    });
    expect(output).not.toMatch(/MII|q8Zr2/);
  });

  it('accepts a line with the comment not-a-secret, and skips files that Git ignores', async () => {
    write(
      'fixture.ts',
      `const ${RANDOM}; // not-a-secret\nconst password = process.env.PASSWORD ?? randomBytes(32).toString();\n`,
    );
    write('.gitignore', '.env\n');
    write('.env', RANDOM);
    expect(await check()).toEqual({ code: 0, output: '' });
  });

  it.each(['GPL-3.0', undefined])('reports a production dependency with the licence %s', async (license) => {
    write('package-lock.json', lockOf({ license }));
    expect(await check()).toMatchObject({ code: 1, output: expect.stringContaining('left@1.0.0 has the licence') });
    write('package-lock.json', lockOf({ license, dev: true }));
    expect(await check()).toEqual({ code: 0, output: '' });
  });

  describe('with a registry', () => {
    let registry: Server | undefined;
    afterEach(() => registry?.close());

    /** Starts a registry that answers audits with this status and body. Returns the environment that selects it. */
    async function registryWith(status: number, body: unknown) {
      const server = createServer(({ method }, response) =>
        method === 'POST' ? response.writeHead(status).end(JSON.stringify(body)) : response.writeHead(404).end(),
      );
      registry = server;
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      return { npm_config_registry: url, npm_config_cache: join(folder, '.npm'), npm_config_fetch_retries: '0' };
    }

    it('reports a known vulnerability of a production dependency', async () => {
      const advisory = {
        id: 1,
        title: 'Bad',
        url: 'https://example.org/1',
        severity: 'high',
        vulnerable_versions: '<2',
      };
      const env = await registryWith(200, { left: [advisory] });
      const output = expect.stringContaining('left is vulnerable (high): Bad (https://example.org/1)');
      expect(await check([], env)).toMatchObject({ code: 1, output });
    });

    it('prints that the audit was skipped, and does not fail, if the registry offers no audit', async () => {
      const output = expect.stringMatching(/^SKIPPED: the registry did not audit the dependencies \(405 /);
      expect(await check([], await registryWith(405, {}))).toMatchObject({ code: 0, output });
    });
  });
});
