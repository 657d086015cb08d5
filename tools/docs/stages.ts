import type { StageContract } from '@gatehouse/contracts';
import { stages } from '@gatehouse/stages';
import type { z } from 'zod';
import { describedModels } from '../../libs/blueprints/src/schema/described-models.js';
import { code, type Document, page, table } from './markdown.js';
import { optionTable } from './models.js';
import { apiDocuments, fieldTable, isEnumeration, type Node, nameIn, prose } from './openapi-text.js';

const schemas = apiDocuments.complete.components.schemas;
const models = new Map(describedModels().map((model) => [model.name, model]));

/** Fields that every challenge or response has. */
const SHARED = ['flow_info', 'response_errors', 'component'];
/** Fields of challenges that show the user of the flow. */
const SHARED_USER = ['pending_user', 'pending_user_avatar'];

const nameOf = (schema: z.ZodType): string => String(schema.meta()?.['id'] ?? '');

const link = (name: string): string => `[${name}](#${name.toLowerCase()})`;

const list = (names: readonly string[]): string => names.map(code).join(', ') || 'none';

function section(contract: StageContract): string[] {
  const { kind, component, model, service, reads, writes, effects, errors } = contract;
  const found = model === undefined ? undefined : models.get(model);
  const facts = Object.entries(reads).map(([fact, use]) => `${code(fact)}${use === 'required' ? ' (required)' : ''}`);
  return [
    `## ${kind}`,
    table(
      ['', ''],
      [
        [
          'model',
          model === undefined
            ? 'none: inserted at run time'
            : `[${code(model)}](models.md#${model.replaceAll('.', '')})`,
        ],
        ['component', component === undefined ? 'none: shows nothing' : code(component)],
        ['service', code(service)],
        ['reads', contract.reads_all ? 'all facts' : facts.join(', ') || 'none'],
        ['writes', list(writes)],
        ['effects', list(effects)],
      ],
    ),
    ...(found ? ['**Options**', optionTable(found)] : []),
    ...(component === undefined ? [] : wireSections(contract)),
    ...errorTable(errors),
  ];
}

function wireSections({ challenge, response }: StageContract): string[] {
  const except = [...SHARED, ...SHARED_USER];
  return [['Challenge', challenge] as const, ['Response', response] as const].flatMap(([title, schema]) => {
    const name = nameOf(schema);
    if (!(name in schemas)) return [];
    return [`**${title}** \`${name}\`: ${prose(schemas[name]?.description)}`, fieldTable(name, { except, link })];
  });
}

function errorTable(errors: StageContract['errors']): string[] {
  const rows = Object.entries(errors).map(([name, { string, code: shown }]) => [
    code(name),
    prose(string),
    code(shown),
  ]);
  return rows.length === 0 ? [] : ['**Errors**', table(['reason', 'string', 'code'], rows)];
}

const contracts: readonly StageContract[] = Object.values(stages).map(({ contract }) => contract);

/** Returns the components that the fields of challenges and responses use, directly or not. */
function sharedComponents(): readonly string[] {
  const shown = new Set(contracts.flatMap(({ challenge, response }) => [nameOf(challenge), nameOf(response)]));
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const name = nameIn(value as Node);
    if (name !== undefined && !found.has(name)) {
      found.add(name);
      visit(schemas[name]);
    }
    for (const member of Object.values(value)) visit(member);
  };
  for (const name of shown) visit(schemas[name]?.properties);
  return [...found].filter((name) => !isEnumeration(name)).sort();
}

/** The page of all stages. */
export const documents: readonly Document[] = [
  page('docs/reference/stages.md', [
    '# Stages: options, challenges and responses',
    'Each built-in stage as its contract declares it. The specification says how a stage behaves ([stages](../spec/stages.md), ' +
      '[authenticators](../spec/mfa.md)). `2026.8` marks a field that only this [line](../spec/api-versions.md) has, `own` one ' +
      'that only Gatehouse has, with `x-gatehouse-fields: complete`. Facts are [here](facts.md).',
    'Every challenge has `component`, `flow_info` (see [ContextualFlowInfo](#contextualflowinfo)) and, after a refused answer, ' +
      '`response_errors`: for each field a list of [ErrorDetail](#errordetail). Challenges that know the user have ' +
      '`pending_user` and `pending_user_avatar`. Every response has `component`.',
    ...contracts.flatMap(section),
    '## Types',
    ...sharedComponents().flatMap((name) => [
      `### ${name}`,
      ...(schemas[name]?.description ? [prose(schemas[name]!.description)] : []),
      fieldTable(name, { link }),
    ]),
  ]),
];
