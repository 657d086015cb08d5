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

  it('prefers the path in NATS_SERVER', async () => {
    expect(await findNatsServer({ NATS_SERVER: '/opt/nats-server', PATH: folder })).toBe('/opt/nats-server');
  });
  it('uses the first executable on the PATH', async () => {
    const program = join(folder, 'nats-server');
    await writeFile(program, '#!/bin/sh\n');
    await chmod(program, 0o755);
    expect(await findNatsServer({ PATH: `/nowhere::${folder}` })).toBe(program);
  });
  it('skips a file that is not executable', async () => {
    const program = join(folder, 'nats-server');
    await writeFile(program, '');
    await chmod(program, 0o644);
    expect(await findNatsServer({ PATH: folder })).not.toBe(program);
  });
  it('creates no cache folder with download: false', async () => {
    await findNatsServer({ PATH: folder, XDG_CACHE_HOME: folder }, { download: false });
    expect(await readdir(folder)).toEqual([]);
  });
  it('uses a program that was downloaded before', async () => {
    const home = join(folder, 'gatehouse', 'nats-server', 'usr', 'sbin');
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'nats-server'), '#!/bin/sh\n', { mode: 0o755 });
    const installed = await findNatsServer({ PATH: folder, XDG_CACHE_HOME: '/nowhere' }, { download: false });
    const found = await findNatsServer({ PATH: folder, XDG_CACHE_HOME: folder }, { download: false });
    expect(found).toBe(installed ?? join(home, 'nats-server'));
  });
});
