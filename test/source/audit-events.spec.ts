import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AUDIT_ACTIONS } from '@gatehouse/contracts';
import { expect, it } from 'vitest';

const TEST = /\.(spec|journey)\.ts$/;
/** The list itself, and tests of the form of events. They cause no event. */
const FORM = /^libs\/(contracts\/src\/events|outbox)\/|^test\/source\//;

const files = ['apps', 'libs', 'test'].flatMap((folder) =>
  readdirSync(folder, { recursive: true })
    .map((path) => join(folder, String(path)))
    .filter((path) => path.endsWith('.ts') && !FORM.test(path))
    .map((path) => [path, readFileSync(path, 'utf8')] as const),
);
const inCode = files.filter(([path]) => !TEST.test(path)).map(([, text]) => text);
const inTests = files.filter(([path]) => TEST.test(path)).map(([, text]) => text);

it.each(AUDIT_ACTIONS)('the action %s is emitted by the code, and a test causes it', (action) => {
  const emitted = new RegExp(`(action: |changeValues\\(|recorded\\()'${action}'`);
  expect(inCode.some((text) => emitted.test(text))).toBe(true);
  const caused = new RegExp(`action: '${action}'|'events\\.${action}'|recordedEvents\\([^)]*'${action}'`);
  expect(inTests.some((text) => caused.test(text))).toBe(true);
});
