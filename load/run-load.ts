import { readFileSync, writeFileSync } from 'node:fs';
import { systemClock } from './clock.js';
import { type FoundLimit, findLimit } from './find-limit.js';
import { HttpClient } from './http-client.js';
import { type Kill, type KillResult, parseKill, readKills, runKills } from './kills.js';
import { LoadError } from './load-error.js';
import { LoadUsers } from './load-users.js';
import { parseOptions, type RunOptions, runOptions } from './options.js';
import { PostgresMeter } from './postgres-figures.js';
import { markdownReport } from './report.js';
import { type LoadResult, loadResult } from './result.js';
import { placeholdersOf, readScenario, type Scenario } from './scenario.js';
import type { Stage } from './stage.js';
import { executorPath } from './visit.js';
import { Visitor } from './visitor.js';
import { HEAD_START_MS, type StageResult, WorkerPool } from './worker-pool.js';

/** `npm run load`: runs a load test, or searches for the highest rate. */
export async function runLoad(args: readonly string[], env: NodeJS.ProcessEnv) {
  const options = parseOptions(runOptions, args, env);
  checkModel(options);
  const scenario = await readScenario(options.scenario);
  checkAccounts(options, scenario);
  await checkFlow(options, scenario);
  const listed = options.kills === undefined ? [] : await readKills(options.kills);
  const kills = [...options.kill.map(parseKill), ...listed];
  const pool = new WorkerPool(options.workers, {
    ...{ seed: options.seed, prefix: options.prefix },
    ring: { count: options.users, firstCode: options.firstCode, staticCodes: options.staticCodes },
  });
  // On Ctrl-C, a load ends early and prints its report. A search ends without a report.
  if (!options.findLimit) process.once('SIGINT', () => pool.stop());
  try {
    const run = new LoadRun({ options, scenario, kills }, pool);
    return await (options.findLimit ? run.search() : run.once());
  } finally {
    await pool.close();
  }
}

function checkModel({ rate, visitors, findLimit: searches, ramp, duration, kill, kills }: RunOptions) {
  if ((rate === undefined) === (visitors === undefined))
    throw new LoadError('Set either --rate (open model) or --visitors (closed model).');
  if (searches && (kill.length > 0 || kills !== undefined))
    throw new LoadError('--find-limit runs no commands: leave out --kill and --kills.');
  if (searches && rate === undefined) throw new LoadError('--find-limit needs --rate, the rate of its first load.');
  if (ramp >= duration) throw new LoadError('--ramp must be shorter than --duration.');
}

function checkAccounts({ staticCodes, users, workers }: RunOptions, scenario: Scenario) {
  if (placeholdersOf(scenario).has('static') && staticCodes === 0)
    throw new LoadError('The scenario uses recovery codes: set --static-codes to the number that each account has.');
  if (users < workers) throw new LoadError('There must be at least as many --users as --workers.');
}

/** Requests the flow once, so that a wrong address causes one error message instead of a load of failed visits. */
async function checkFlow({ url, insecure, timeout }: RunOptions, scenario: Scenario): Promise<void> {
  const client = new HttpClient(url, { insecure, timeoutMs: timeout });
  try {
    const { status } = await new Visitor(client).send('GET', executorPath(scenario));
    if (status === 404) throw new LoadError(`${url} has no flow ${scenario.flow}. See the comment in the scenario.`);
  } catch (error) {
    if (error instanceof LoadError) throw error;
    throw new LoadError(`${url} cannot be reached: ${(error as Error).message}. --insecure accepts any certificate.`);
  } finally {
    client.close();
  }
}

class LoadRun {
  constructor(
    private readonly plan: { options: RunOptions; scenario: Scenario; kills: readonly Kill[] },
    private readonly pool: WorkerPool,
  ) {}

  /** Runs one load and returns its report. */
  async once() {
    const result = await this.measure(this.plan.options);
    return this.outputOf(markdownReport(result), result, result.finished > 0);
  }

  /** Searches for the highest rate and returns the report of the load with that rate. */
  async search() {
    const { options } = this.plan;
    const results = new Map<number, LoadResult>();
    const found = await findLimit(
      { from: options.rate ?? 1, max: options.maxRate, precision: options.precision, steps: options.maxSteps },
      async (rate) => {
        if (results.size > 0) await systemClock.sleep(options.settle);
        const result = await this.measure({ ...options, rate });
        results.set(rate, result);
        return isWithin(options, result);
      },
    );
    const best = found.passed === undefined ? undefined : results.get(found.passed);
    const steps = [...results].map(([rate, result]) => stepLine(rate, result, isWithin(options, result)));
    const late = [...results.values()].some((result) => result.warnings.length > 0 && !isWithin(options, result));
    const text = `${limitText(found)}${late ? ` ${LATE}` : ''}\n\n${steps.join('\n')}\n\n${best ? markdownReport(best) : ''}`;
    return this.outputOf(text, { limit: found, steps: [...results.values()] }, best !== undefined);
  }

  private async measure(options: RunOptions): Promise<LoadResult> {
    const meter = options.postgres === undefined ? undefined : await PostgresMeter.open(options.postgres);
    try {
      await meter?.start();
      const { result, kills } = await this.runWithKills(options);
      const users = new LoadUsers(options.seed, options.prefix);
      const postgres = await meter?.end(users.username(0));
      return loadResult({ options, version: ownVersion(), result, kills, postgres });
    } finally {
      await meter?.close();
    }
  }

  private async runWithKills(options: RunOptions): Promise<{ result: StageResult; kills: readonly KillResult[] }> {
    const ended = new AbortController();
    const window = { startedAt: systemClock.now() + HEAD_START_MS, clock: systemClock, signal: ended.signal };
    const kills = runKills(this.plan.kills, window);
    try {
      const result = await this.pool.run(stageOf(options, this.plan.scenario), Date.now() + HEAD_START_MS);
      ended.abort();
      return { result, kills: await kills };
    } finally {
      ended.abort();
    }
  }

  private outputOf(text: string, json: object, succeeded: boolean) {
    const { out } = this.plan.options;
    if (out !== undefined) {
      writeFileSync(`${out}.json`, `${JSON.stringify(json, undefined, 2)}\n`);
      writeFileSync(`${out}.md`, text);
    }
    return { output: text, exitCode: succeeded ? 0 : 1 };
  }
}

function stageOf(options: RunOptions, scenario: Scenario): Omit<Stage, 'share'> {
  const { url, insecure, forwardedFor, maxInFlight, rate = 0, pattern, visitors } = options;
  return {
    ...{ url, insecure, forwardedFor, maxInFlight, scenario },
    model: visitors === undefined ? { type: 'open', rate, pattern } : { type: 'closed', visitors },
    ...{ timeoutMs: options.timeout, retryForMs: options.retryFor, seed: options.randomSeed },
    ...{ rampMs: options.ramp, durationMs: options.duration, drainMs: options.drain },
  };
}

const LATE = 'The load generator was late or busy in a load beyond the limits, so it may be the bottleneck.';

const isWithin = ({ maxErrors, maxP95 }: RunOptions, { errorRate, visitMs }: LoadResult): boolean =>
  errorRate !== null && errorRate <= maxErrors && visitMs !== null && visitMs.p95 <= maxP95;

function limitText({ passed, failed }: FoundLimit): string {
  if (passed === undefined)
    return `No rate was within the limits. The lowest that was tried: ${failed} visits a second.`;
  const above = failed === undefined ? 'No higher rate was tried.' : `${failed} a second was not.`;
  return `${passed} visits a second were within the limits. ${above}`;
}

const stepLine = (rate: number, { errorRate, visitMs, warnings }: LoadResult, passed: boolean) =>
  `- ${rate} a second: ${passed ? 'within the limits' : 'beyond the limits'}, error rate ${errorRate}, p95 ${visitMs?.p95} ms${warnings.length > 0 ? '; the load generator was late or busy' : ''}`;

/** The version of this repository, from its package.json. */
const ownVersion = () => (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;
