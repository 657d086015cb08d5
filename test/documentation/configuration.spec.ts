import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { logLine } from '@gatehouse/platform';
import { translateBy } from '@gatehouse/texts/browser';
import compile from 'icu-minify/compile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { TAG_NAMES } from '../../libs/blueprints/src/tags.js';
import { slugOf } from '../../site/markdown-text.js';
import { sitePathOf } from '../../site/navigation.js';
import { isInstalled } from '../deploy/installed.js';
import { RULES_FOLDER, readRules } from '../support/alert-rules.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { PageShell } from '../support/page-shell.js';

const run = promisify(execFile);
const pageOf = (name: string) => DocumentedCommands.of(`docs/how-to/${name}.md`);

describe('the page observe.md', () => {
  const page = pageOf('observe');
  let shell: PageShell;
  beforeAll(async () => {
    shell = await PageShell.open(() => Promise.reject(new Error('this page must run no command of the CLI')));
  });
  afterAll(() => shell?.close());

  it.skipIf(!isInstalled('promtool'))('has Prometheus configurations that promtool accepts', async () => {
    await mkdir(join(shell.folder, 'alertmanagers'));
    await shell.write('alertmanagers/own.yml', page.block('yaml', /^- targets:/));
    await run('cp', ['-r', 'deploy/prometheus/rules', shell.folder]);
    await shell.write('host.yml', page.block('yaml', /^global:/));
    await shell.write('pods.yml', page.block('yaml', /kubernetes_sd_configs/));
    const check = async (name: string) => (await run('promtool', ['check', 'config', join(shell.folder, name)])).stdout;
    expect(await check('host.yml')).toMatch(/SUCCESS: \d+ rule files found/);
    expect(await check('pods.yml')).toContain('SUCCESS');
  });

  it.each([
    [
      'a code host',
      /^sed -i .*git\.example\.org/,
      'https://git.example.org/gatehouse/blob/main/docs/how-to/runbooks.md',
    ],
    [
      'the site',
      /^sed -i .*docs\.example\.org/,
      `https://docs.example.org/${sitePathOf('docs/how-to/runbooks.md')}.html`,
    ],
  ])('has a command that links every alert to its section of the runbooks on %s', async (_, command, address) => {
    await run('cp', ['-r', '--parents', RULES_FOLDER, shell.folder]);
    await shell.runOk(page.block('sh', command));
    const rules = await shell.runOk(`cat ${RULES_FOLDER}/*.yml`);
    const alerts = readRules().flatMap(({ alert }) => alert ?? []);
    const linked = [...rules.matchAll(/ runbook_url: (.*)$/gm)].map(([, url]) => url);
    expect(new Set(linked)).toEqual(new Set(alerts.map((alert) => `${address}#${slugOf(alert)}`)));
  });

  it('has inhibition rules that only match existing alerts', () => {
    const alerts = readRules().flatMap(({ alert }) => alert ?? []);
    const { inhibit_rules: rules } = parse(page.block('yaml', /^route:/)) as {
      inhibit_rules: { source_matchers: string[]; target_matchers: string[] }[];
    };
    for (const { source_matchers, target_matchers } of rules)
      for (const matcher of [...source_matchers, ...target_matchers]) {
        const [, operator, value = ''] = /^alertname (=~?) "(.*)"$/.exec(matcher)!;
        const pattern = operator === '=' ? `^${value}$` : `^(${value})$`;
        expect(alerts.filter((alert) => new RegExp(pattern).test(alert))).not.toEqual([]);
      }
  });
});

describe('the page search-logs.md', () => {
  it('has Loki queries that only use fields of log lines', () => {
    const fields = new Set(Object.keys(logLine.shape));
    const blocks = pageOf('search-logs').all('logql');
    const labels = blocks.join('').matchAll(/(\w+)(?:=~?|!=|\|=)"|by \(([^)]*)\)/g);
    const used = [...labels].flatMap(([, label, list = '']) => [...(label ? [label] : []), ...list.split(', ')]);
    expect(used.length).toBeGreaterThan(10);
    expect(used.filter((name) => name !== '' && !fields.has(name))).toEqual([]);
  });
});

describe('the page write-blueprints-in-an-editor.md', () => {
  it('tells the editor every blueprint tag', () => {
    const { 'yaml.customTags': tags } = JSON.parse(
      `{${pageOf('write-blueprints-in-an-editor').block('json', /customTags/)}}`,
    ) as { 'yaml.customTags': string[] };
    expect(new Set(tags.map((tag) => tag.split(' ')[0]))).toEqual(new Set(TAG_NAMES));
    for (const tag of tags) expect(tag).toMatch(/^!\w+ (scalar|sequence)$/);
  });
});

describe('the page translate.md', () => {
  it('has a German example with a singular and a plural form', () => {
    const line = pageOf('translate').block('ts', /codes are left/);
    const [, text = '', translation = ''] = /^'(.*)': '(.*)',$/.exec(line.trim())!;
    const translate = translateBy('de', { [text]: compile(translation) });
    expect([1, 3].map((n) => translate(text, { n }))).toEqual(['Noch ein Code ist übrig.', 'Noch 3 Codes sind übrig.']);
  });
});
