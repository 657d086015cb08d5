import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = (folder: string): string => (existsSync(join(folder, 'package.json')) ? folder : root(dirname(folder)));

/** Node runs what was compiled, so sources that run uncompiled start the compiled program too. */
const compiled = [here, join(root(here), 'dist/libs/expressions/src')].find((folder) =>
  existsSync(join(folder, 'python.snapshot')),
);
const pyodide = dirname(createRequire(import.meta.url).resolve('pyodide'));

const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

/** Arguments for Node: a process that reads its own program and Python, and may do nothing else. */
export function pythonProgram(memoryMb: number): string[] {
  if (!compiled) throw new Error('the program that runs expressions was not built: npm run build');
  const readable = [join(compiled, '*'), join(pyodide, '*'), join(root(here), 'package.json')];
  return [
    PERMISSION,
    ...readable.map((path) => `--allow-fs-read=${path}`),
    '--disallow-code-generation-from-strings',
    '--no-addons',
    '--no-warnings',
    '--max-old-space-size=128',
    join(compiled, 'child/main.js'),
    pyodide,
    compiled,
    String(memoryMb),
  ];
}
