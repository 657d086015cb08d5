import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scaleExpression } from '../support/alert-rules.js';
import type { Deployment } from '../support/deployment.js';
import { type Environment, freePort } from '../support/processes.js';
import { RunningPrometheus, type SentAlert } from '../support/prometheus.js';
import { checkCommands, runCheck } from '../support/runbooks.js';

/** A failure of a part of a deployment, and the alerts that must fire because of it. */
export interface Failure {
  /** What fails, such as `Postgres stopped`. */
  readonly name: string;
  /**
   * The alerts that must fire, in the order in which an operator is expected to look at them, each with a pattern. The
   * output of a command of the alert's runbook must match the pattern, which shows the cause.
   */
  readonly alerts: Readonly<Record<string, RegExp>>;
  readonly begin: () => Promise<unknown>;
  readonly repair: () => Promise<unknown>;
}

interface Options {
  /** Monitoring ports of the processes, by service. */
  readonly ports: Readonly<Record<string, number>>;
  /** Factor by which the time windows of the rules are shorter than in a deployment. */
  readonly factor: number;
  /** Environment variables of the commands of runbooks. */
  readonly env: Environment;
}

/** Name of an alert that the drill adds. It fires when Prometheus has reached all services. */
const ALL_SCRAPED = 'AllScraped';

/** Returns a free monitoring port for each service. */
export const monitoringPorts = async (services: readonly string[]): Promise<Record<string, number>> =>
  Object.fromEntries(await Promise.all(services.map(async (service) => [service, await freePort()] as const)));

/** A Prometheus that watches a deployment, and an operator who follows the runbooks when an alert fires. */
export class AlertDrill {
  private constructor(
    private readonly deployment: Deployment,
    private readonly options: Options,
    private readonly parts: { readonly prometheus: RunningPrometheus; readonly close: () => Promise<void> },
  ) {}

  /** Starts Prometheus. Resolves when it has reached all services. */
  static async open(deployment: Deployment, options: Options): Promise<AlertDrill> {
    const services = Object.entries(options.ports);
    const [prometheus, close] = await RunningPrometheus.open({
      targets: Object.fromEntries(services.map(([service, port]) => [service, `127.0.0.1:${port}`])),
      factor: options.factor,
      rules: [{ alert: ALL_SCRAPED, expr: `sum(up{job="gatehouse"}) == ${services.length}` }],
    });
    await prometheus.fires(ALL_SCRAPED);
    return new AlertDrill(deployment, options, { prometheus, close });
  }

  /**
   * Lets a part fail. Waits for the alerts, looks for the cause by their runbooks, repairs the part, and waits until
   * the alerts have ended. Reports when each alert began, and which other alerts began meanwhile. Returns for each
   * alert the command that showed the cause; `undefined` if no command did.
   */
  async run({ name, alerts, begin, repair }: Failure): Promise<Record<string, string | undefined>> {
    const { prometheus } = this.parts;
    const since = Date.now();
    await begin();
    const rows: Row[] = [];
    try {
      for (const [alert, cause] of Object.entries(alerts)) {
        const fired = await prometheus.fires(alert, since);
        const check = await this.findCause(fired, cause);
        rows.push({ failure: name, alert, seconds: this.secondsAfter(since, fired), check });
      }
    } finally {
      const isOther = ({ labels: { alertname = '' } }: SentAlert) =>
        alertname !== ALL_SCRAPED && !(alertname in alerts);
      const others = prometheus.firedSince(since).filter(isOther);
      await report(
        rows,
        others.map((alert) => `${describe(alert)} after ${this.secondsAfter(since, alert)} s`),
      );
      await repair();
    }
    await Promise.all(Object.keys(alerts).map((alert) => prometheus.ends(alert)));
    return Object.fromEntries(rows.map(({ alert, check }) => [alert, check]));
  }

  close(): Promise<void> {
    return this.parts.close();
  }

  /** Returns after how many seconds an alert would have fired in a deployment, whose time windows are not shorter. */
  private secondsAfter(since: number, { startsAt }: SentAlert): number {
    return Math.round(((Date.parse(startsAt) - since) * this.options.factor) / 1000);
  }

  /** Runs the commands of an alert's runbook until one of them shows the cause. Returns that command. */
  private async findCause({ labels }: SentAlert, cause: RegExp): Promise<string | undefined> {
    const { ports, env, factor } = this.options;
    const logs = await mkdtemp(join(tmpdir(), 'gatehouse-logs-'));
    try {
      for (const service of Object.keys(ports))
        await writeFile(join(logs, `${service}.log`), this.deployment.output(service));
      for (const line of checkCommands(labels['alertname'] ?? '')) {
        const command = scaleExpression(forService(line, labels['service']), factor);
        const output = await runCheck(command, { ports, prometheus: this.parts.prometheus.url, logs, env });
        if (cause.test(output)) return line;
      }
      return undefined;
    } finally {
      await rm(logs, { recursive: true });
    }
  }
}

/** An alert that fired after a failure, and the command that showed the cause. */
interface Row {
  readonly failure: string;
  readonly alert: string;
  readonly seconds: number;
  readonly check: string | undefined;
}

/** Replaces the service in a command of a runbook, which is an example, by the service that the alert is about. */
const forService = (command: string, service: string | undefined): string =>
  service ? command.replace(/^(ask|logs) (?:password|gateway)\b/, `$1 ${service}`) : command;

/** Returns the name of an alert with the labels that distinguish it from other alerts of this name. */
function describe({ labels: { alertname, job: _job, instance: _instance, severity, ...others } }: SentAlert): string {
  return `${alertname} (${[severity, ...Object.values(others)].join(' ')})`;
}

/** Prints when alerts fired. Adds `rows` to the file ALERT_ROWS, from which tools/test-faults.mjs makes a table. */
async function report(rows: readonly Row[], others: readonly string[]): Promise<void> {
  for (const { failure, alert, seconds, check } of rows)
    process.stdout.write(`${failure}: ${alert} after ${seconds} s, cause shown by: ${check}\n`);
  process.stdout.write(`  also fired: ${others.join(', ') || 'none'}\n`);
  const file = process.env['ALERT_ROWS'];
  if (file) for (const row of rows) await appendFile(file, `${JSON.stringify(row)}\n`);
}
