import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprintFileReader, MAX_FILE_BYTES } from './blueprint-file-reader.js';

describe('the reader of !File', () => {
  let base: string;
  let folder: string;
  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'blueprint-files-'));
    folder = join(base, 'files');
    await mkdir(join(folder, 'sub'), { recursive: true });
    await writeFile(join(base, 'outside.txt'), 'outside');
    await writeFile(join(base, 'files-too.txt'), 'outside');
    await writeFile(join(folder, 'key.txt'), '\n a key \n\n');
    await writeFile(join(folder, 'sub', 'other.txt'), 'other');
    await writeFile(join(folder, 'most.txt'), 'x'.repeat(MAX_FILE_BYTES));
    await writeFile(join(folder, 'more.txt'), 'x'.repeat(MAX_FILE_BYTES + 1));
    await writeFile(join(folder, 'bytes.bin'), Buffer.from([0xff, 0xfe]));
    await symlink(join(folder, 'key.txt'), join(folder, 'inner-link'));
    await symlink(join(base, 'outside.txt'), join(folder, 'outer-link'));
    await symlink(base, join(folder, 'folder-link'));
    await symlink(folder, join(base, 'linked'));
  });
  afterAll(() => rm(base, { recursive: true }));

  const read = (path: string, from = folder) => blueprintFileReader(from)?.(path);

  it('reads files of the folder by a relative or absolute path, and trims their text', async () => {
    expect(await read('key.txt')).toBe('a key');
    expect(await read('sub/../sub/other.txt')).toBe('other');
    expect(await read(join(folder, 'key.txt'))).toBe('a key');
    expect(await read('inner-link')).toBe('a key');
    expect(await read('most.txt')).toHaveLength(MAX_FILE_BYTES);
  });

  it('reads files of a folder that is a symbolic link', async () => {
    const linked = join(base, 'linked');
    expect(await read('key.txt', linked)).toBe('a key');
    expect(await read(join(linked, 'key.txt'), linked)).toBe('a key');
    await expect(read('../outside.txt', linked)).rejects.toThrow('outside of the folder');
  });

  it('returns undefined for a missing file', async () => {
    expect(await read('missing.txt')).toBeUndefined();
    expect(await read('key.txt/missing')).toBeUndefined();
  });

  it.each([
    ['../outside.txt', 'is outside of the folder in BLUEPRINT_FILES'],
    ['../missing.txt', 'is outside of the folder in BLUEPRINT_FILES'],
    ['/etc/passwd', 'is outside of the folder in BLUEPRINT_FILES'],
    ['../files-too.txt', 'is outside of the folder in BLUEPRINT_FILES'],
    ['outer-link', 'is outside of the folder in BLUEPRINT_FILES'],
    ['folder-link/outside.txt', 'is outside of the folder in BLUEPRINT_FILES'],
    ['.', 'is outside of the folder in BLUEPRINT_FILES'],
    ['sub', 'is not a file'],
    ['more.txt', `is larger than ${MAX_FILE_BYTES} bytes`],
    ['bytes.bin', 'is not text in UTF-8'],
    ['key\0.txt', 'cannot be read'],
  ])('refuses %j', async (path, message) => {
    await expect(read(path)).rejects.toThrow(message);
  });

  it('refuses every file of a folder that does not exist', async () => {
    await expect(read('key.txt', join(base, 'missing'))).rejects.toThrow(
      'the folder in BLUEPRINT_FILES does not exist',
    );
  });

  it('is undefined without a folder', () => {
    expect(blueprintFileReader(undefined)).toBeUndefined();
  });
});
