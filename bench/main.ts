/** `npm run bench [-- scenario…]`: measures the product and its baseline, and prints Markdown tables. */
import { availableParallelism } from 'node:os';
import { watchOthers } from './cpu.js';
import { type BenchEnvironment, startEnvironment } from './environment.js';
import { Product } from './product.js';
import { runScenarios, type ScenarioResult } from './run-scenarios.js';
import { captchas } from './scenarios/captchas.js';
import { cleanup } from './scenarios/cleanup.js';
import { enumeration } from './scenarios/enumeration.js';
import { isolation } from './scenarios/isolation.js';
import { overload } from './scenarios/overload.js';
import { pages } from './scenarios/pages.js';
import { policies } from './scenarios/policies.js';
import { scaling } from './scenarios/scaling.js';
import { sizes } from './scenarios/sizes.js';
import { solves } from './scenarios/solves.js';
import { statements } from './scenarios/statements.js';
import { totp } from './scenarios/totp.js';

const scenarios: Readonly<
  Record<string, (environment: BenchEnvironment, product: Product) => Promise<ScenarioResult>>
> = {
  solves,
  statements,
  scaling,
  isolation,
  captchas,
  overload,
  pages,
  policies,
  totp,
  enumeration,
  cleanup,
  sizes,
};

/** Scenarios that take ten minutes each, and run only when they are named. */
const LONG = ['cleanup', 'sizes'];

const requested =
  process.argv.length > 2 ? process.argv.slice(2) : Object.keys(scenarios).filter((name) => !LONG.includes(name));
const unknown = requested.filter((name) => !Object.hasOwn(scenarios, name));
if (unknown.length > 0) {
  process.stderr.write(
    `bench: unknown scenario ${unknown.join(', ')}. Scenarios: ${Object.keys(scenarios).join(', ')}\n`,
  );
  process.exit(1);
}

const otherWork = watchOthers();
const environment = await startEnvironment();
const product = await Product.open(environment);
try {
  process.stdout.write(`Node ${process.version}, ${availableParallelism()} cores, ${new Date().toISOString()}\n`);
  const passed = await runScenarios(
    requested.map((name) => ({ name, run: () => scenarios[name]!(environment, product) })),
    (text) => process.stdout.write(text),
  );
  process.exitCode = passed ? 0 : 1;
} finally {
  await product.stop();
  await environment.stop();
}
process.stdout.write(`\nOther processes used ${(otherWork() * 100).toFixed(0)} % of the CPU time meanwhile.\n`);
