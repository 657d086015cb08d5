import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findNatsServer } from './nats-server-binary.js';

describe('finding a nats-server', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-path-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('takes the one that is named before all others', async () => {
    expect(await findNatsServer({ NATS_SERVER: '/opt/nats-server', PATH: folder })).toBe('/opt/nats-server');
  });
  it('takes the first on the PATH that can be run', async () => {
    const program = join(folder, 'nats-server');
    await writeFile(program, '#!/bin/sh\n');
    await chmod(program, 0o755);
    expect(await findNatsServer({ PATH: `/nowhere::${folder}` })).toBe(program);
  });
  it('passes over a file of that name that cannot be run', async () => {
    const program = join(folder, 'nats-server');
    await writeFile(program, '');
    await chmod(program, 0o644);
    expect(await findNatsServer({ PATH: folder })).not.toBe(program);
  });
  it('leaves the cache alone when it must not download', async () => {
    await findNatsServer({ PATH: folder, XDG_CACHE_HOME: folder }, { download: false });
    expect(await readdir(folder)).toEqual([]);
  });
  it('takes the one that was downloaded before', async () => {
    const home = join(folder, 'gatehouse', 'nats-server', 'usr', 'sbin');
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'nats-server'), '#!/bin/sh\n', { mode: 0o755 });
    const installed = await findNatsServer({ PATH: folder, XDG_CACHE_HOME: '/nowhere' }, { download: false });
    const found = await findNatsServer({ PATH: folder, XDG_CACHE_HOME: folder }, { download: false });
    expect(found).toBe(installed ?? join(home, 'nats-server'));
  });
});
