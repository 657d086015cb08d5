import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AUDIT_ACTIONS } from '@gatehouse/contracts';
import { expect, it } from 'vitest';

const TEST = /\.(spec|journey)\.ts$/;
/** Files that name actions without causing an event: the list of actions, and tests of the format of events. */
const FORM = /^libs\/(contracts\/src\/events|outbox)\/|^test\/source\//;

const files = ['apps', 'libs', 'test'].flatMap((folder) =>
  readdirSync(folder, { recursive: true })
    .map((path) => join(folder, String(path)))
    .filter((path) => path.endsWith('.ts') && !FORM.test(path))
    .map((path) => [path, readFileSync(path, 'utf8')] as const),
);
const inCode = files.filter(([path]) => !TEST.test(path)).map(([, text]) => text);
const inTests = files.filter(([path]) => TEST.test(path)).map(([, text]) => text);

it.each(AUDIT_ACTIONS)('the code emits the audit action %s, and a test expects it', (action) => {
  const emitted = new RegExp(`(action: |changeValues\\(|recorded\\()'${action}'`);
  expect(inCode.some((text) => emitted.test(text))).toBe(true);
  const caused = new RegExp(`action: '${action}'|'events\\.${action}'|recordedEvents\\([^)]*'${action}'`);
  expect(inTests.some((text) => caused.test(text))).toBe(true);
});
