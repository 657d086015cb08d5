import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { onceInRun } from '../support/once-in-run.js';

const run = promisify(execFile);

/** Packages that a project installs beside the packed ones. They come from the repository, so no network is needed. */
const OTHER_PACKAGES = [
  ...['react', 'react-dom', 'scheduler', 'typescript', 'csstype'],
  ...['@types/react', '@types/react-dom'],
];

/** A scratch project in which the packed packages are installed. */
export interface ScratchProject {
  readonly folder: string;
  readonly remove: () => Promise<void>;
}

/** Installs the packed packages in a new project. */
export async function installPacked(): Promise<ScratchProject> {
  const packed = await packOnce();
  const project = await mkdtemp(join(tmpdir(), 'gatehouse-project-'));
  await writeFile(join(project, 'package.json'), '{ "name": "scratch", "private": true, "type": "module" }');
  const tarballs = (await readdir(packed)).filter((name) => name.endsWith('.tgz')).map((name) => join(packed, name));
  const offline = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps', '--install-links'];
  await run('npm', ['install', ...offline, ...tarballs], { cwd: project });
  for (const name of OTHER_PACKAGES) {
    const link = join(project, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(resolve('node_modules', name), link);
  }
  return { folder: project, remove: () => rm(project, { recursive: true }) };
}

/** Builds and packs the packages, once for all workers of the test run. Returns the folder of the packed files. */
export const packOnce = (): Promise<string> =>
  onceInRun('packed', (folder) => run(process.execPath, ['tools/packages.mjs', '--out', folder]));
