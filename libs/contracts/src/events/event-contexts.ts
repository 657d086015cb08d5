import { z } from 'zod';
import { guardFacts } from './guard-facts.js';

/** A reference to an object: its app and model as authentik names them, and its primary key. */
export const model = z.object({
  app: z.string(),
  model_name: z.string(),
  pk: z.union([z.int(), z.string()]),
  name: z.string().optional(),
});

/** The context of events about an object. */
export const changedObject = z.object({
  model,
  mediation: z.literal('conditional').optional().describe('set if the browser created the passkey without asking'),
  application: z.string().optional().describe('slug of the application of a consent'),
  permissions: z.array(z.string()).optional().describe('permissions of a consent'),
  of: z.string().optional().describe('username of the owner of a revoked consent'),
  scope: z.string().optional().describe('scope of a token'),
  expires: z.iso.datetime().optional().describe('when a token ends'),
  expires_in_s: z.number().nullable().optional().describe('seconds until a consent expires; null: never'),
});

export const invitationReference = z
  .string()
  .describe('16 hexadecimal digits of the SHA-256 of the id, which is a secret');

/** An invitation. */
export const invitation = z.object({
  name: z.string(),
  flow: z.uuid().nullable().describe('id of the only flow that accepts the invitation; null: every flow'),
  single_use: z.boolean(),
  expires: z.iso.datetime().nullable(),
  reference: invitationReference.optional(),
});

/** What a command has changed. */
export const counts = z
  .array(z.object({ name: z.string(), count: z.int() }))
  .describe('how many objects of each name the command has changed');

const changed = (what: string) => z.int().describe(`number of objects that the blueprints have ${what}`);

/** What a run of blueprints has changed, without any value. */
const flowVersion = z.object({ slug: z.string(), version: z.int() });

export const appliedBlueprints = z.object({
  created: changed('created'),
  changed: changed('changed'),
  deleted: changed('deleted'),
  files: z
    .array(z.object({ name: z.string(), digest: z.string() }))
    .optional()
    .describe(
      'the files with changes, unless they are too many: name as in the report, and SHA-256 of the text in hex',
    ),
  flows: z.array(flowVersion).describe('the flows that have another version now'),
  held: z
    .array(flowVersion)
    .optional()
    .describe('held flows, with the version that was compiled and not published; absent if there is none'),
});

/** The context of a draft. */
export const draftedFlows = z.object({ flows: z.array(flowVersion).describe('the new drafts') });

/** The context of publishing a version of a flow. */
export const publishedFlow = z.object({
  flow: z.object({ pk: z.uuid(), slug: z.string() }),
  version: z.int().describe('number of the version that is current now'),
  previous_version: z.int().describe('number of the version that was current before'),
  stopped_rollout: z.int().optional().describe('number of the version whose rollout has ended'),
  reason: z.string().optional().describe('why, in the words of the administrator or of the guard of a rollout'),
  guard: guardFacts.optional().describe('what the guard of a rollout has found, if it has changed the version'),
});
