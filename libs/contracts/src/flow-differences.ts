import { z } from 'zod';

/** What differs between two versions of a flow. */
const flowDifference = z
  .object({ text: z.string().describe('one difference, in words') })
  .meta({ id: 'FlowDifference', description: 'A difference between two versions of a flow.' });

const changedField = z
  .object({
    field: z.string().describe('path of the field, with dots'),
    before: z.unknown().optional().describe('any JSON; absent if the field is new, and for secrets'),
    after: z.unknown().optional().describe('any JSON; absent if the field is gone, and for secrets'),
    secret: z.enum(['added', 'removed', 'changed', 'may have changed']).optional(),
  })
  .meta({ id: 'FlowFieldChange', description: 'A field that differs between two versions of a flow.' });

const flowChange = z
  .object({
    part: z.enum(['flow', 'step', 'attached stage', 'companion stage', 'condition', 'policy', 'external stage']),
    name: z.string(),
    kind: z.string().optional().describe('kind of a stage or policy'),
    step: z.string().optional().describe('step of a condition; absent for a condition of the flow'),
    change: z.enum(['added', 'removed', 'moved', 'changed']),
    position: z
      .object({ before: z.int().optional(), after: z.int().optional() })
      .optional()
      .describe('positions of a step, from 1'),
    fields: z.array(changedField).readonly(),
  })
  .meta({ id: 'FlowChange', description: 'What differs in one part of two versions of a flow.' });

/**
 * The differences between two versions of a flow: `slug`, `from`, `to` and `changes` as `npm run flow -- diff --json`.
 */
export const flowDifferences = z
  .object({
    slug: z.string(),
    from: z.int(),
    to: z.int(),
    differences: z.array(flowDifference).readonly(),
    changes: z.array(flowChange).readonly(),
  })
  .meta({ id: 'FlowDifferences', description: 'What differs between two versions of a flow.' });
