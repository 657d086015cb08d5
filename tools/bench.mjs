// `npm run bench`: builds the product if it is out of date, compiles the benchmark, and runs it.
import { spawnSync } from 'node:child_process';
import { prepare } from './prepare.mjs';

prepare();
const options = ['jsc.parser.syntax=typescript', 'jsc.target=es2023', 'module.type=es6'].flatMap((set) => ['-C', set]);
run('npx', 'swc', 'bench', 'test/support', '--out-dir', 'dist', '--quiet', ...options);
run(process.execPath, '--enable-source-maps', 'dist/bench/main.js', ...process.argv.slice(2));

function run(program, ...args) {
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
