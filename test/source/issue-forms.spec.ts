import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const FOLDER = '.github/ISSUE_TEMPLATE';

/** Parts of an issue form that GitHub accepts. GitHub does not show a form with other parts. */
const text = z.string().min(1);
const question = {
  id: z.string().regex(/^[\w-]+$/),
  validations: z.strictObject({ required: z.boolean() }).optional(),
};
const labelled = { label: text, description: text.optional() };
const field = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('markdown'), attributes: z.strictObject({ value: text }) }),
  z.strictObject({
    ...{ type: z.literal('input'), ...question },
    attributes: z.strictObject({ ...labelled, placeholder: text.optional() }),
  }),
  z.strictObject({
    ...{ type: z.literal('textarea'), ...question },
    attributes: z.strictObject({ ...labelled, placeholder: text.optional(), render: text.optional() }),
  }),
  z.strictObject({
    ...{ type: z.literal('dropdown'), ...question },
    attributes: z.strictObject({ ...labelled, options: z.array(text).min(1) }),
  }),
]);
const form = z.strictObject({ name: text, description: text, labels: z.array(text), body: z.array(field).min(1) });

const files = readdirSync(FOLDER).filter((name) => name !== 'config.yml');

describe('the forms for new issues', () => {
  it.each(files)('%s has only valid parts, with unique ids and labels', (name) => {
    const { body } = form.parse(parse(readFileSync(join(FOLDER, name), 'utf8')));
    const questions = body.flatMap((part) => (part.type === 'markdown' ? [] : [part]));
    expect(questions.some(({ validations }) => validations?.required)).toBe(true);
    for (const values of [questions.map(({ id }) => id), questions.map(({ attributes }) => attributes.label)])
      expect(new Set(values).size).toBe(values.length);
  });

  it('exist for bugs, features and questions, and blank issues are disabled', () => {
    expect(files.sort()).toEqual(['bug.yml', 'feature.yml', 'question.yml']);
    expect(parse(readFileSync(join(FOLDER, 'config.yml'), 'utf8'))).toEqual({ blank_issues_enabled: false });
  });

  it('and the template of pull requests link only pages that exist', () => {
    const texts = [...files.map((name) => join(FOLDER, name)), '.github/pull_request_template.md'];
    const links = texts.flatMap((path) => [
      ...readFileSync(path, 'utf8').matchAll(/\]\(\.\.\/blob\/HEAD\/([^)#\s]+)/g),
    ]);
    expect(links.length).toBeGreaterThan(8);
    expect(links.map(([, page = '']) => page).filter((page) => !existsSync(page))).toEqual([]);
  });
});
