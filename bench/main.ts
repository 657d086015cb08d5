/** `npm run bench [-- scenario… [--users N]]`: measures the product and its baseline, and prints Markdown tables. */
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type BenchOptions, benchOptions } from './bench-options.js';
import { watchOthers } from './cpu.js';
import { type BenchEnvironment, startEnvironment } from './environment.js';
import { withProblem } from './problem-cause.js';
import { Product } from './product.js';
import { runScenarios, type ScenarioResult } from './run-scenarios.js';
import { captchas } from './scenarios/captchas.js';
import { cleanup } from './scenarios/cleanup.js';
import { enumeration } from './scenarios/enumeration.js';
import { forwardAuth } from './scenarios/forward-auth.js';
import { gate } from './scenarios/gate.js';
import { growth } from './scenarios/growth.js';
import { isolation } from './scenarios/isolation.js';
import { journeys } from './scenarios/journeys.js';
import { memory } from './scenarios/memory.js';
import { overload } from './scenarios/overload.js';
import { pages } from './scenarios/pages.js';
import { peers } from './scenarios/peers.js';
import { policies } from './scenarios/policies.js';
import { rates } from './scenarios/rates.js';
import { replay } from './scenarios/replay.js';
import { rollout } from './scenarios/rollout.js';
import { scaling } from './scenarios/scaling.js';
import { sizes } from './scenarios/sizes.js';
import { solves } from './scenarios/solves.js';
import { statements } from './scenarios/statements.js';
import { totp } from './scenarios/totp.js';
import { tracing } from './scenarios/tracing.js';

type RunScenario = (environment: BenchEnvironment, product: Product) => Promise<ScenarioResult>;

const options = parsedOptions();
const scenarios: Readonly<Record<string, RunScenario>> = {
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
  rates,
  memory,
  'forward-auth': forwardAuth,
};
/** Scenarios that run only by name: they repeat others, install packages, or take ten minutes. */
const onRequest: Readonly<Record<string, RunScenario>> = {
  cleanup,
  sizes,
  gate,
  growth: () => growth(options),
  tracing,
  journeys,
  rollout,
  replay,
  peers,
};
const all = { ...scenarios, ...onRequest };

/** Milliseconds to wait for the last log lines. The processes buffer lines for a shorter time. */
const LOG_DELAY_MS = 500;

const requested = options.scenarios.length > 0 ? options.scenarios : Object.keys(scenarios);
const unknown = requested.filter((name) => !Object.hasOwn(all, name));
if (unknown.length > 0) {
  process.stderr.write(`bench: there is no scenario ${unknown.join(', ')}. Use ${Object.keys(all).join(', ')}\n`);
  process.exit(1);
}

const otherWork = watchOthers();
const environment = await startEnvironment();
const product = await Product.open(environment);
try {
  process.stdout.write(`Node ${process.version}, ${availableParallelism()} cores, ${new Date().toISOString()}\n`);
  const passed = await runScenarios(
    requested.map((name) => ({ name, run: () => all[name]!(environment, product).catch(failWithProblem) })),
    (text) => process.stdout.write(text),
  );
  process.exitCode = passed ? 0 : 1;
} finally {
  await product.stop();
  await environment.stop();
}
process.stdout.write(`\nOther processes used ${(otherWork() * 100).toFixed(0)} % of the CPU time meanwhile.\n`);

/** Rethrows the error of a scenario, with the problem that the gateway logged for the failed request. */
async function failWithProblem(error: unknown): Promise<never> {
  if (!(error instanceof Error)) throw error;
  await delay(LOG_DELAY_MS);
  error.stack = withProblem(error.stack ?? error.message, product.log());
  throw error;
}

function parsedOptions(): BenchOptions {
  try {
    return benchOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    return process.exit(1);
  }
}
