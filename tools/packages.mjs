/**
 * `npm run packages` builds the packages for clients and packs them into `dist/packages`, with the version of the root
 * package.json. `-- --out FOLDER` packs them into another folder. Needs no network.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';
import { repositoryUrl } from './release/git.mjs';
import { endWithUsage } from './usage.mjs';

/** The packages in the order of their dependencies, with their entry files. */
const PACKAGES = [
  { name: 'client', entries: { index: 'index.ts', webauthn: 'webauthn.ts' } },
  { name: 'react', entries: { index: 'index.ts' } },
];

endWithUsage('usage: npm run packages -- [--out FOLDER]', ['--out']);
const { values } = parseArgs({ options: { out: { type: 'string', default: 'dist/packages' } } });
const out = resolve(values.out);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

rmSync(out, { recursive: true, force: true });
for (const { name, entries } of PACKAGES) {
  const folder = join(out, name);
  mkdirSync(folder, { recursive: true });
  await bundle(name, entries, folder);
  writeTypes(name, folder);
  writeManifest(name, folder);
  cpSync('LICENSE', join(folder, 'LICENSE'));
  cpSync(join('packages', name, 'README.md'), join(folder, 'README.md'));
  run('npm', 'pack', folder, '--pack-destination', out, '--ignore-scripts', '--silent');
}

async function bundle(name, entries, dir) {
  const source = join('packages', name);
  const build = await rolldown({
    input: Object.fromEntries(Object.entries(entries).map(([key, file]) => [key, join(source, 'src', file)])),
    platform: 'browser',
    tsconfig: join(source, 'tsconfig.package.json'),
    external: [/^@gatehouse\//, /^react(\/|$)/],
  });
  await build.write({ dir, format: 'esm', minify: true });
}

/** Writes the type declarations of a package. They refer to the declarations of the packages before it in PACKAGES. */
function writeTypes(name, folder) {
  const source = resolve('packages', name);
  const config = join(folder, 'tsconfig.json');
  const settings = {
    extends: join(source, 'tsconfig.package.json'),
    compilerOptions: {
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: join(source, 'src'),
      outDir: join(folder, 'types'),
      paths: { '@gatehouse/client': [join(out, 'client/types/index.d.ts')] },
    },
    include: [join(source, 'src')],
    exclude: [join(source, 'src/**/*.spec.*')],
  };
  writeFileSync(config, JSON.stringify(settings));
  run(process.execPath, 'node_modules/typescript/bin/tsc', '--project', config);
  rmSync(config);
}

/**
 * Writes the package.json with the version, which is also the version of its peers in this repository, and with the
 * repository, which the registry compares with that of the publishing workflow.
 */
function writeManifest(name, folder) {
  const { peerDependencies, ...manifest } = JSON.parse(readFileSync(join('packages', name, 'package.json'), 'utf8'));
  const own = Object.keys(peerDependencies ?? {}).filter((peer) => peer.startsWith('@gatehouse/'));
  const peers = { ...peerDependencies, ...Object.fromEntries(own.map((peer) => [peer, version])) };
  const url = repositoryUrl();
  const complete = {
    ...{ ...manifest, version },
    ...(peerDependencies ? { peerDependencies: peers } : {}),
    ...(url.startsWith('git+https:') ? { repository: { type: 'git', url, directory: `packages/${name}` } } : {}),
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(complete, undefined, 2)}\n`);
}

function run(command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
}
