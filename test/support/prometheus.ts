import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { isInstalled } from '../deploy/installed.js';
import { type Rule, scaleDuration, scaledRules } from './alert-rules.js';
import { freePort, startProcess } from './processes.js';

/** Whether a Prometheus server is installed (Debian package prometheus). */
export const hasPrometheus = isInstalled('prometheus') && isInstalled('promtool');

/** An alert that Prometheus has sent. */
export interface SentAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Time since which it fires. */
  readonly startsAt: string;
  /** Time at which it has ended. In the future while it fires. */
  readonly endsAt: string;
}

/** A rule with its state, as Prometheus reports it. */
interface ReportedRule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
}

interface Options {
  /** Addresses of monitoring ports, by service. */
  readonly targets: Readonly<Record<string, string>>;
  /**
   * Divisor of the time windows of a deployment, at most 60. The interval of 15 s between scrapes is divided
   * too, but is a second at least: a busy machine could not answer sooner.
   */
  readonly factor: number;
  /** Rules of the test. `factor` does not shorten their time windows. */
  readonly rules?: readonly Rule[];
}

const INTERVAL_MS = 15_000;
const LEAST_SCRAPE_MS = 1000;

/** A Prometheus server with the rules of deploy/prometheus, which sends its alerts to this object. */
export class RunningPrometheus {
  /** The last message about each alert, by its labels. */
  private readonly sent = new Map<string, SentAlert>();
  /** Each alert that has fired, by its labels and its start time. */
  private readonly fired = new Map<string, SentAlert>();
  private readonly messages = new EventEmitter().setMaxListeners(0);

  private constructor(readonly url: string) {}

  /** Starts the server. Resolves when it is ready. Returns it with a function that stops it. */
  static async open(options: Options): Promise<readonly [RunningPrometheus, () => Promise<void>]> {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-prometheus-'));
    const port = await freePort();
    const prometheus = new RunningPrometheus(`http://127.0.0.1:${port}`);
    const receiver = createServer((request, response) => {
      void prometheus.receive(request).then(() => response.end());
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const address = receiver.address();
    const alerts = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    await writeConfiguration(folder, { ...options, alerts });
    const server = await startProcess(
      `--config.file=${folder}/prometheus.json`,
      {},
      {
        ready: /Server is ready to receive web requests/,
        program: 'prometheus',
        args: [
          ...[`--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`],
          `--query.lookback-delta=${scaleDuration('5m', options.factor)}`,
        ],
      },
    );
    const stop = async () => {
      await server.stop();
      await new Promise((resolve) => receiver.close(resolve));
      await rm(folder, { recursive: true });
    };
    return [prometheus, stop];
  }

  /** Resolves with an alert that began to fire at `since` or later. Waits until there is one. */
  async fires(alert: string, since = 0): Promise<SentAlert> {
    for (;;) {
      const found = this.firedSince(since).find(({ labels }) => labels['alertname'] === alert);
      if (found) return found;
      await once(this.messages, 'message');
    }
  }

  /** Resolves when Prometheus has reported the end of all alerts with a name. */
  async ends(alert: string): Promise<void> {
    const isFiring = ({ labels, endsAt }: SentAlert) =>
      labels['alertname'] === alert && Date.parse(endsAt) > Date.now();
    while ([...this.sent.values()].some(isFiring)) await once(this.messages, 'message');
  }

  /** Returns the alerts that have begun to fire at `since` or later, the first one first. */
  firedSince(since: number): SentAlert[] {
    const starts = ({ startsAt }: SentAlert) => Date.parse(startsAt);
    return [...this.fired.values()]
      .filter((alert) => starts(alert) >= since)
      .sort((one, other) => starts(one) - starts(other));
  }

  /** Returns the values of an expression now, each with its labels. */
  async query(expr: string): Promise<{ readonly labels: Readonly<Record<string, string>>; readonly value: number }[]> {
    const { result } = await this.get<{
      readonly result: readonly { metric: Record<string, string>; value: [number, string] }[];
    }>(`/api/v1/query?query=${encodeURIComponent(expr)}`);
    return result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
  }

  /** Returns all rules that Prometheus has loaded. */
  async rules(): Promise<ReportedRule[]> {
    const { groups } = await this.get<{ readonly groups: readonly { rules: ReportedRule[] }[] }>('/api/v1/rules');
    return groups.flatMap(({ rules }) => rules);
  }

  private async get<T>(path: string): Promise<T> {
    const { data, error } = (await (await fetch(`${this.url}${path}`)).json()) as { data: T; error?: string };
    if (error) throw new Error(error);
    return data;
  }

  private async receive(request: IncomingMessage): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    for (const alert of JSON.parse(Buffer.concat(chunks).toString()) as SentAlert[]) {
      const labels = JSON.stringify(alert.labels);
      this.sent.set(labels, alert);
      this.fired.set(`${labels} ${alert.startsAt}`, alert);
    }
    this.messages.emit('message');
  }
}

/** Writes the configuration and the rules of a test as JSON, which is valid YAML. */
async function writeConfiguration(
  folder: string,
  { targets, factor, rules = [], alerts }: Options & { readonly alerts: string },
): Promise<void> {
  const intervalMs = Math.round(INTERVAL_MS / factor);
  const scrape = `${Math.max(LEAST_SCRAPE_MS, intervalMs)}ms`;
  await mkdir(join(folder, 'rules'));
  await writeFile(join(folder, 'rules/deployment.yml'), scaledRules(factor));
  await writeFile(join(folder, 'rules/test.yml'), stringify({ groups: [{ name: 'test', rules }] }));
  const configuration = {
    global: { scrape_interval: scrape, scrape_timeout: scrape, evaluation_interval: `${intervalMs}ms` },
    rule_files: ['rules/*.yml'],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alerts] }] }] },
    scrape_configs: [
      {
        job_name: 'gatehouse',
        static_configs: Object.entries(targets).map(([service, target]) => ({
          targets: [target],
          labels: { service },
        })),
      },
    ],
  };
  await writeFile(join(folder, 'prometheus.json'), JSON.stringify(configuration));
}
