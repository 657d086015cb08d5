import { z } from 'zod';
import { optionName, recordOptions, runOptions, userOptions } from '../../load/options.js';
import { PLACEHOLDERS } from '../../load/scenario.js';
import { code, type Document, page, table } from './markdown.js';

const option = z.object({
  description: z.string(),
  default: z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]).optional(),
  'x-limits': z.string().optional(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
});

function optionsOf(schema: z.ZodObject): string {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const rows = Object.entries(properties).map(([key, property]) => {
    const parsed = option.parse(property);
    return [code(optionName(key)), defaultOf(parsed, required.includes(key)), limitsOf(parsed), parsed.description];
  });
  return table(['option', 'default', 'limits', ''], rows);
}

function defaultOf({ default: fallback }: z.output<typeof option>, required: boolean): string {
  if (required) return '**required**';
  return fallback === undefined || fallback === false || Array.isArray(fallback) ? '' : code(String(fallback));
}

function limitsOf({ 'x-limits': limits, enum: choices, minimum, maximum, minLength }: z.output<typeof option>): string {
  if (choices) return choices.map(code).join(', ');
  if (minLength !== undefined) return `at least ${minLength} characters`;
  return limits ?? (minimum === undefined ? '' : `${minimum} to ${maximum}`);
}

/** The page of the options of the load generator. */
export const documents: readonly Document[] = [
  page('docs/reference/load.md', [
    '# Options of the load generator',
    '[Measure the load that a deployment carries](../how-to/measure-the-load.md) shows how they are used.',
    '## `npm run load`',
    optionsOf(runOptions),
    '## `npm run load -- users`',
    optionsOf(userOptions),
    '## `npm run load -- records`',
    optionsOf(recordOptions),
    '## Placeholders of scenarios',
    table(
      ['placeholder', 'value'],
      Object.entries(PLACEHOLDERS).map(([name, meaning]) => [code(`$${name}`), meaning]),
    ),
  ]),
];
