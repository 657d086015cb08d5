import type { FlowChangeResult } from '@gatehouse/contracts';
import { z } from 'zod';

const LEVELS = ['critical', 'exception', 'error', 'warn', 'warning', 'info', 'debug', 'notset'] as const;

const logEvent = z
  .object({
    timestamp: z.iso.datetime(),
    log_level: z.enum(LEVELS),
    logger: z.string(),
    event: z.string(),
    attributes: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'LogEvent', description: 'A line of the report about an import.' });

/** The result of an import, in the form of authentik. */
export const flowImportResult = z
  .object({ logs: z.array(logEvent), success: z.boolean() })
  .meta({ id: 'FlowImportResult', description: 'What an import has changed, or why it was refused.' });
export type FlowImportResult = z.output<typeof flowImportResult>;

/** The multipart body of an import: a blueprint file. */
export const flowImportForm = z
  .object({
    file: z.string().meta({ format: 'binary' }),
    clear: z.boolean().optional().describe('has no effect'),
  })
  .meta({ id: 'FlowImportRequest', description: 'A blueprint file.' });

const line = (log_level: (typeof LEVELS)[number], event: string) => ({
  ...{ timestamp: new Date().toISOString(), log_level, logger: 'blueprints', event, attributes: {} },
});

/** Returns the result of an import that has changed the flows. */
export const importDone = ({ changes, warnings, published }: FlowChangeResult<'apply'>): FlowImportResult => ({
  logs: [
    ...changes.map(({ outcome, model, name }) => line('info', `${outcome} ${model} ${name}`.trimEnd())),
    ...warnings.map((warning) => line('warning', warning)),
    ...published.map(({ slug, number }) => line('info', `published ${slug} (version ${number})`)),
  ],
  success: true,
});

/** Returns the result of an import that was refused. It has changed nothing. */
export const importRefused = (reason: string): FlowImportResult => ({ logs: [line('error', reason)], success: false });
