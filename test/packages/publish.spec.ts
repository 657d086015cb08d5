import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packOnce } from './packed.js';

const run = promisify(execFile);

/** The fields of a published package that the test reads. */
interface Published {
  readonly name: string;
  readonly access: string;
  readonly versions: Record<string, { license: string }>;
}

describe('npm run packages:publish', () => {
  const published = new Map<string, Published>();
  /** A registry that accepts every package. */
  const registry = createServer((request, response) => {
    void answer(request, response);
  });
  async function answer(request: IncomingMessage, response: ServerResponse) {
    const name = decodeURIComponent((request.url ?? '').slice(1).split('?')[0] ?? '');
    if (request.method === 'PUT') published.set(name, (await json(request)) as Published);
    const found = published.get(name);
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(found ?? {}));
  }
  let packed: string;
  let home: string;
  beforeAll(async () => {
    packed = await packOnce();
    home = await mkdtemp(join(tmpdir(), 'gatehouse-publish-'));
    await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(registry.address() as AddressInfo).port}/`;
    await writeFile(join(home, '.npmrc'), `registry=http://${address}\n//${address}:_authToken=made-up\n`); // not-a-secret
  });
  afterAll(async () => {
    registry.close();
    await rm(home, { recursive: true });
  });

  const publish = async (...args: string[]) => {
    const env = { ...process.env, npm_config_userconfig: join(home, '.npmrc'), npm_config_cache: join(home, 'cache') };
    const { stdout } = await run(process.execPath, ['tools/publish-packages.mjs', '--from', packed, ...args], { env });
    return stdout;
  };

  it('publishes nothing in a dry run, otherwise each packed package publicly, and no version twice', async () => {
    const names = (await readdir(packed)).filter((name) => name.endsWith('.tgz'));
    expect(await publish('--dry-run')).toContain(`would publish ${names[0]}`);
    expect(published.size).toBe(0);

    await publish();
    expect([...published.keys()].sort()).toEqual(['@gatehouse/client', '@gatehouse/react']);
    for (const { access, versions } of published.values()) {
      expect(access).toBe('public');
      expect(Object.values(versions)).toMatchObject([{ license: 'MIT' }]);
    }

    const again = await publish();
    expect(again.match(/is published already/g)).toHaveLength(names.length);
  });
});
