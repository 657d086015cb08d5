import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { isInstalled } from '../deploy/installed.js';
import { type Rule, scaledRules } from './alert-rules.js';
import { freePort, startProcess } from './processes.js';

/** Whether a Prometheus server is installed (Debian package prometheus). */
export const hasPrometheus = isInstalled('prometheus') && isInstalled('promtool');

/** An alert that Prometheus has sent. */
interface SentAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A rule as Prometheus reports it. */
interface ReportedRule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
}

interface Options {
  /** Addresses of monitoring ports, by service. */
  readonly targets: Readonly<Record<string, string>>;
  /**
   * By how much time windows are shorter than in a deployment, at most 60. The interval of 15 s between scrapes is divided
   * too, but is a second at least: a busy machine could not answer sooner.
   */
  readonly factor: number;
  /** Rules of the test. Their time windows are not divided. */
  readonly rules?: readonly Rule[];
}

const INTERVAL_MS = 15_000;
const LEAST_SCRAPE_MS = 1000;

/** A Prometheus server with the rules of deploy/prometheus, which sends its alerts to this object. */
export class RunningPrometheus {
  private readonly sent = new Map<string, SentAlert>();
  private readonly waiting = new Map<string, (alert: SentAlert) => void>();

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
        args: [`--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`],
      },
    );
    const stop = async () => {
      await server.stop();
      await new Promise((resolve) => receiver.close(resolve));
      await rm(folder, { recursive: true });
    };
    return [prometheus, stop];
  }

  /** Resolves with an alert when Prometheus has sent it, at once if it has been sent before. */
  fires(alert: string): Promise<SentAlert> {
    const sent = this.sent.get(alert);
    return sent ? Promise.resolve(sent) : new Promise((resolve) => this.waiting.set(alert, resolve));
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
      const name = alert.labels['alertname'] ?? '';
      this.sent.set(name, alert);
      this.waiting.get(name)?.(alert);
    }
  }
}

/** Writes the configuration and the rules of a test. JSON is YAML. */
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
