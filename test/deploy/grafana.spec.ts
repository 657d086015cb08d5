import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { type Container, readCompose } from './compose.js';
import { freshEnvironment } from './env-file.js';
import { dashboardFaults } from './grafana-schema.js';
import { isInstalled } from './installed.js';
import { metricsOf, unknownNames } from './promql.js';

const run = promisify(execFile);
const FOLDER = 'deploy/grafana';
/** Timeout in milliseconds of a test that runs the compiler, which takes two seconds of CPU time. */
const TYPES_TIMEOUT_MS = 120_000;

/** A dashboard, with the properties that the tests read. */
interface Model {
  readonly uid: string;
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
  readonly panels: readonly {
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly fieldConfig?: { readonly defaults: { readonly unit?: string; readonly custom?: unknown } };
    readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}

const files = readdirSync(join(FOLDER, 'dashboards')).sort();
const dashboards = files.map((name) => ({
  name,
  model: JSON.parse(readFileSync(join(FOLDER, 'dashboards', name), 'utf8')) as Model,
}));
const queriesOf = ({ panels }: Model) => panels.flatMap(({ targets = [] }) => targets);
/** Returns a query with the values that Grafana puts in place of variables. */
const substituted = (expr: string) => expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$\w+/g, '.*');

describe('the dashboards of deploy/grafana', () => {
  it('have unique uids', () => {
    expect(new Set(dashboards.map(({ model }) => model.uid)).size).toBe(files.length);
  });

  it(
    'match the types of Grafana’s schema, which refuse an unknown style of a graph',
    () => {
      const models = dashboards.map(({ model }) => model);
      const graph = models[0]!.panels.find(({ type }) => type === 'timeseries');
      const fieldConfig = { defaults: { custom: { drawStyle: 'lines' } }, overrides: [] };
      const wrong = { ...models[0]!, uid: 'wrong', panels: [{ ...graph!, title: 'graph', fieldConfig }] };
      const fault = /^wrong graph: Type '"lines"' is not assignable/;
      expect(dashboardFaults([...models, wrong])).toEqual([expect.stringMatching(fault)]);
    },
    TYPES_TIMEOUT_MS,
  );

  it.each(dashboards)('$name: queries name only metrics and labels that exist', ({ model }) => {
    const queries = queriesOf(model);
    expect(queries.length).toBeGreaterThan(5);
    const own = queries.filter(({ expr }) => !expr.includes('ALERTS'));
    expect(own.flatMap(({ expr }) => unknownNames(substituted(expr)))).toEqual([]);
    for (const { expr } of own) expect(metricsOf(expr)).not.toEqual([]);
  });

  it.each(dashboards)(
    '$name: uses every variable that it offers, and offers every variable that it uses',
    ({ model }) => {
      const offered = model.templating.list.map(({ name }) => name).filter((name) => name !== 'datasource');
      const used = queriesOf(model).flatMap(({ expr }) => [...expr.matchAll(/\$(\w+)/g)].map(([, name = '']) => name));
      expect(new Set(used.filter((name) => !name.startsWith('__')))).toEqual(new Set(offered));
      expect(JSON.stringify(model.panels)).toContain(`"uid":"\${datasource}"`);
    },
  );

  it.each(dashboards)('$name: names each series only by labels that its query returns', ({ model }) => {
    for (const { expr, legendFormat } of queriesOf(model))
      for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
        expect(`${expr} instance flow`).toMatch(new RegExp(`\\b${label}\\b`));
  });

  it.each(dashboards)('$name: queries have no fixed time range, and sum no percentages of processes', ({ model }) => {
    for (const { expr } of queriesOf(model)) expect(expr).not.toMatch(/\[\d/);
    const shares = model.panels.filter(({ fieldConfig }) => fieldConfig?.defaults.unit === 'percentunit');
    for (const { targets = [] } of shares)
      for (const { expr } of targets) expect(expr).toMatch(/^max by|\) \/ sum by|:\w+:?ratio/);
  });

  it.each(dashboards)('$name: panels have unique ids and a title, and do not overlap', ({ model }) => {
    const { panels } = model;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { title, gridPos } of panels) {
      expect(title).not.toBe('');
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    }
    const overlapping = panels.filter((panel) =>
      panels.some(
        ({ id, gridPos: other }) =>
          id < panel.id &&
          other.x < panel.gridPos.x + panel.gridPos.w &&
          panel.gridPos.x < other.x + other.w &&
          other.y < panel.gridPos.y + panel.gridPos.h &&
          panel.gridPos.y < other.y + other.h,
      ),
    );
    expect(overlapping).toEqual([]);
  });

  it.skipIf(!isInstalled('promtool'))('have queries that promtool accepts (Debian package prometheus)', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-dashboards-'));
    const rules = dashboards.flatMap(({ model }) =>
      queriesOf(model).map(({ expr }, index) => ({
        record: `query_${index}`,
        expr: substituted(expr),
        labels: { dashboard: model.uid },
      })),
    );
    try {
      const file = join(folder, 'queries.yml');
      await writeFile(file, stringify({ groups: [{ name: 'queries', rules }] }));
      expect((await run('promtool', ['check', 'rules', file])).stdout).toContain(`${rules.length} rules found`);
      await writeFile(
        file,
        stringify({ groups: [{ name: 'queries', rules: [{ record: 'a', expr: 'sum(rate(b))' }] }] }),
      );
      await expect(run('promtool', ['check', 'rules', file])).rejects.toThrow('expected type range vector');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the profile observe of docker-compose.yml', () => {
  let environment: Readonly<Record<string, string>>;
  let compose: Readonly<Record<string, Container>>;
  beforeAll(async () => {
    environment = { ...(await freshEnvironment()), GRAFANA_PASSWORD: 'of grafana' };
    compose = readCompose(environment);
  });

  it('starts only Prometheus and Grafana, and publishes both on the loopback address', () => {
    const observers = Object.entries(compose).filter(([, { profiles = [] }]) => profiles.includes('observe'));
    expect(observers.map(([name, { ports }]) => [name, ports])).toEqual([
      ['prometheus', ['127.0.0.1:9090:9090']],
      ['grafana', ['127.0.0.1:3000:3000']],
    ]);
  });

  it('sets the password of Grafana’s administrator, and turns off anonymous access, sign-up and analytics', () => {
    const { GF_SECURITY_ADMIN_PASSWORD, GF_AUTH_ANONYMOUS_ENABLED, GF_USERS_ALLOW_SIGN_UP, ...others } =
      compose['grafana']?.environment ?? {};
    expect(GF_SECURITY_ADMIN_PASSWORD).toBe('of grafana');
    expect([GF_AUTH_ANONYMOUS_ENABLED, GF_USERS_ALLOW_SIGN_UP]).toEqual(['false', 'false']);
    expect(others).toMatchObject({ GF_ANALYTICS_REPORTING_ENABLED: 'false', GF_PLUGINS_PREINSTALL_DISABLED: 'true' });
    const { GRAFANA_PASSWORD, ...withoutPassword } = environment;
    expect(GRAFANA_PASSWORD).toBe('of grafana');
    expect(() => readCompose(withoutPassword)).toThrow('GRAFANA_PASSWORD is not set');
  });

  it('mounts existing configuration folders read-only', () => {
    for (const name of ['prometheus', 'grafana']) {
      const bound = compose[name]?.volumes?.filter((volume) => volume.startsWith('./')) ?? [];
      expect(bound.length).toBeGreaterThan(0);
      for (const volume of bound) {
        const [source = '', , mode] = volume.split(':');
        expect([existsSync(source), mode]).toEqual([true, 'ro']);
      }
    }
  });

  it('connects Prometheus to every service that it scrapes, but not to Postgres', () => {
    const { scrape_configs } = parse(readFileSync('deploy/prometheus/prometheus.yml', 'utf8')) as {
      scrape_configs: { job_name: string; dns_sd_configs?: { names: string[]; port: number }[] }[];
    };
    const [discovery] = scrape_configs.find(({ job_name }) => job_name === 'gatehouse')?.dns_sd_configs ?? [];
    const processes = Object.entries(compose).filter(([, { command }]) => command?.[0]?.endsWith('/src/main.js'));
    expect([...(discovery?.names ?? [])].sort()).toEqual(processes.map(([name]) => name).sort());
    for (const [, { networks, environment }] of processes) {
      expect(networks).toContain('bus');
      expect(Number(environment?.['MONITORING_PORT'])).toBe(discovery?.port);
    }
    expect(compose['prometheus']?.networks).toEqual(['bus', 'observe']);
    expect(compose['grafana']?.networks).toEqual(['observe']);
  });

  it('configures Grafana with Prometheus as its datasource and with the folder of the dashboards', () => {
    const read = (path: string) => parse(readFileSync(join(FOLDER, 'provisioning', path), 'utf8')) as unknown;
    const [port] = compose['prometheus']?.ports ?? [];
    expect(read('datasources/prometheus.yml')).toMatchObject({
      datasources: [{ type: 'prometheus', url: `http://prometheus:${port?.split(':').at(-1)}`, isDefault: true }],
    });
    const mounts = compose['grafana']?.volumes?.map((volume) => volume.split(':').slice(0, 2)) ?? [];
    const [, target] = mounts.find(([source]) => source === `./${FOLDER}/dashboards`) ?? [];
    expect(read('dashboards/gatehouse.yml')).toMatchObject({ providers: [{ options: { path: target } }] });
    expect(compose['grafana']?.environment?.['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH']).toBe(
      `${target}/overview.json`,
    );
  });
});
