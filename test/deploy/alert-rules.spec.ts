import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { RULES_FOLDER, readRules, scaleDuration, scaledRules, scaleExpression } from '../support/alert-rules.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { goEnvironment, isInstalled } from './installed.js';
import { unknownNames } from './promql.js';

/** Runs promtool, or a command of the page that runs promtool. */
const run = (program: string, args: string[]) => promisify(execFile)(program, args, { env: goEnvironment() });
const TESTS_FOLDER = 'deploy/prometheus/tests';
const RUNBOOKS = 'docs/how-to/runbooks.md';
const rules = readRules();
const alerts = rules.flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert }]));
const testFiles = readdirSync(TESTS_FOLDER).sort();

/** A group of tests of promtool, whose name begins with that of its alert. */
interface TestGroup {
  readonly name: string;
  readonly promql_expr_test: readonly { readonly exp_samples: readonly { readonly labels: string }[] }[];
}
const groups = testFiles.flatMap(
  (name) => (parse(readFileSync(join(TESTS_FOLDER, name), 'utf8')) as { tests: TestGroup[] }).tests,
);

/** Returns the samples that a group of tests expects of an alert, for each time that it checks. */
const expectationsOf = (alert: string, { promql_expr_test }: TestGroup) =>
  promql_expr_test.map(({ exp_samples }) =>
    exp_samples.map(({ labels }) => labels).filter((labels) => labels.includes(`alertname="${alert}"`)),
  );

describe('deploy/prometheus', () => {
  it.each(alerts)('$alert has a severity, texts, and the address of its section in the runbooks', (rule) => {
    expect(rule.labels?.['severity']).toMatch(/^(page|ticket)$/);
    const { summary, description, runbook_url, ...others } = rule.annotations ?? {};
    expect(others).toEqual({});
    expect(summary).toMatch(/^.{10,100}$/);
    expect(description).toMatch(/\.$/);
    expect(runbook_url).toBe(`https://gatehouse.invalid/${RUNBOOKS}#${rule.alert.toLowerCase()}`);
  });

  it('has one section in the runbooks for each alert, and no other', () => {
    const sections = [...readFileSync(RUNBOOKS, 'utf8').matchAll(/^### (Gatehouse\w+)$/gm)].map(([, name]) => name);
    expect(new Set(sections)).toEqual(new Set(alerts.map(({ alert }) => alert)));
    expect(sections).toHaveLength(alerts.length);
  });

  it.each(alerts)('$alert has a test in which it fires, and one in which it does not', ({ alert, annotations }) => {
    const firing = groups.filter(({ name }) => name.startsWith(`${alert} fires `));
    const quiet = groups.filter(({ name }) => name.startsWith(`${alert} does not fire `));
    expect([firing.length > 0, quiet.length > 0]).toEqual([true, true]);
    for (const group of quiet) expect(expectationsOf(alert, group).flat()).toEqual([]);
    const used = [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
    for (const group of firing) {
      const [before, ...after] = expectationsOf(alert, group);
      expect(before).toEqual([]);
      const [sample] = after.flat();
      // The sample must have every label that the texts of the alert use.
      for (const label of [...used, 'alertname']) expect(sample).toMatch(new RegExp(`\\b${label}="[^"]`));
    }
  });

  it('names only metrics and labels that docs/reference/metrics.md lists, or that a rule records', () => {
    expect(rules.flatMap(({ expr }) => unknownNames(expr))).toEqual([]);
  });

  it('is checked by unknownNames, which finds unknown metrics, labels, values, groupings and recorded series', () => {
    const refused = 'gatehouse_refused_total{priority=~"new|lost"}';
    const expr = `sum by (lost) (gatehouse_lost_total) / sum(rate(gatehouse_http_seconds_count{lost="1"}[5m])) > gatehouse:lost + ${refused}`;
    expect(new Set(unknownNames(expr))).toEqual(
      new Set([
        ...['gatehouse_lost_total', 'gatehouse:lost', 'gatehouse_http_seconds_count{lost}', 'lost'],
        ...['gatehouse_http_seconds_count{lost="1"}', 'gatehouse_refused_total{priority="lost"}'],
      ]),
    );
  });

  it('is scaled by scaleExpression only in ranges, offsets, durations and the age of messages', () => {
    expect(scaleDuration('1h30m', 60)).toBe('90000ms');
    const expr = 'rate(a[5m] offset 1h) > 300 and max_over_time(b[1d:5m]) - time() < 14 * 86400';
    expect(scaleExpression(expr, 60)).toBe(
      'rate(a[5000ms] offset 60000ms) > 300 and max_over_time(b[1440000ms:5000ms]) - time() < 14 * 86400',
    );
    const ages = rules.flatMap(({ expr }) => (expr.includes('gatehouse_outbox_oldest_seconds') ? [expr] : []));
    expect(ages.map((age) => scaleExpression(age, 60))).toEqual([
      'max(gatehouse_outbox_oldest_seconds{sort="mail"}) > 5',
      'max(gatehouse_outbox_oldest_seconds{sort="event"}) > 15',
    ]);
  });
});

describe.skipIf(!isInstalled('promtool'))('promtool (Debian package prometheus)', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-rules-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** The commands of observe.md that check a changed rule. The second one names all test files. */
  const [check = '', test = ''] = DocumentedCommands.of('docs/how-to/observe.md')
    .block('sh', /^promtool check/)
    .trim()
    .split('\n');

  it('accepts the configuration and the rules', async () => {
    const { stdout } = await run('bash', ['-c', check]);
    expect(stdout).toContain(`SUCCESS: ${readdirSync(RULES_FOLDER).length} rule files found`);
  });

  it.each(testFiles)('confirms the cases of %s', async (name) => {
    const command = test.replace(`${TESTS_FOLDER}/*.yml`, join(TESTS_FOLDER, name));
    expect(command).not.toBe(test);
    expect((await run('bash', ['-c', command])).stdout).toContain('SUCCESS');
  });

  it('confirms the cases of stages.yml when rules and cases are scaled to a sixtieth of the time', async () => {
    await writeFile(join(folder, 'scaled.yml'), scaledRules(60));
    const cases = await readFile(join(TESTS_FOLDER, 'stages.yml'), 'utf8');
    const scaled = cases
      .replace('../rules/stages.yml', 'scaled.yml')
      .replaceAll(/(?<=(?:interval|eval_time): )\w+/g, (duration) => scaleDuration(duration, 60));
    await writeFile(join(folder, 'cases.yml'), scaled);
    expect((await run('promtool', ['test', 'rules', join(folder, 'cases.yml')])).stdout).toContain('SUCCESS');
  });

  it('fails the cases of a rule that fires too late', async () => {
    await cp('deploy/prometheus', folder, { recursive: true });
    const file = join(folder, 'rules/delivery.yml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('for: 2m', 'for: 20m'));
    const cases = ['--run', '^GatehouseMailsLate fires', join(folder, 'tests/delivery.yml')];
    const late = run('promtool', ['test', 'rules', ...cases]);
    await expect(late).rejects.toThrow(/FAILED/);
  });
});
