import { z } from 'zod';
import { eventActor, eventLocation } from './events/event-data.js';
import { flowDifferences } from './flow-differences.js';
import { flowRollout } from './flow-rollout.js';
import { MAX_MARGIN, MAX_WATCH_S, MIN_WATCH_S, WHOLE_SHARE } from './rollout-arguments.js';

/**
 * Messages between the gateway and the service `blueprints`, which alone may change flows (docs/spec/flow-changes.md).
 * Blueprints and results are compressed (`compressText`), because they can be larger than a message.
 */

/** Largest size of a compressed text in bytes: the messages of NATS have 1 MiB at most. */
export const MAX_COMPRESSED_BYTES = 900 * 1024;

/** Largest size of a result in bytes, before it is compressed. */
export const MAX_FLOW_RESULT_BYTES = 16 * 1024 * 1024;

/** Longest reason of a change, in characters. */
export const MAX_RELEASE_REASON = 500;

const compressed = z.string().max(MAX_COMPRESSED_BYTES);

/** A blueprint that a client has sent. */
const sentBlueprint = z.object({
  /** Name of the file in reports and messages. */
  name: z.string().max(200),
  text: compressed,
  /** Values of `!Env`. The environment of the service is never used. */
  env: z.record(z.string(), z.string()),
});
export type SentBlueprint = z.output<typeof sentBlueprint>;

/** The user who changes flows and the HTTP request, for the audit event. */
const changeOrigin = z.object({
  actor: eventActor,
  client_ip: z.string(),
  user_agent: z.string().optional(),
  location: eventLocation.optional(),
  request_id: z.string(),
});
export type ChangeOrigin = z.output<typeof changeOrigin>;

const fields = { v: z.literal(1), timeout_ms: z.number() };

/** A finding of the linter. */
export const blueprintFinding = z
  .object({
    severity: z.enum(['error', 'warning']),
    rule: z.string().describe('name of the rule, which never changes'),
    text: z.string(),
    line: z.int().nullable().describe('line in the blueprint, from 1'),
    entry: z.int().nullable().describe('number of the entry, from 1'),
  })
  .meta({ id: 'BlueprintFinding', description: 'An error or a warning about a blueprint.' });

/** What the linter has found. */
export const blueprintCheck = z
  .object({ errors: z.int(), warnings: z.int(), findings: z.array(blueprintFinding).readonly() })
  .meta({ id: 'BlueprintCheck', description: 'What the linter has found in a blueprint.' });

/** The outcome of applying one entry of a blueprint. */
export const blueprintChange = z
  .object({
    outcome: z.enum(['created', 'changed', 'unchanged', 'kept', 'removed', 'applied', 'missing', 'skipped']),
    model: z.string(),
    name: z.string(),
    reason: z.string().optional().describe('why the entry was skipped'),
    differences: z
      .array(z.object({ field: z.string(), stored: z.string(), written: z.string() }))
      .readonly()
      .optional()
      .describe('the fields that get another value'),
  })
  .meta({ id: 'BlueprintChange', description: 'What became of one entry of a blueprint.' });

const flowNumber = z
  .object({ slug: z.string(), number: z.int() })
  .meta({ id: 'FlowVersionNumber', description: 'A version of a flow.' });

/** The versions of a flow, the newest first. */
export const flowVersions = z
  .object({
    slug: z.string(),
    held: z.boolean().describe('whether an apply does not publish the flow, because its version was chosen'),
    versions: z
      .array(
        z
          .object({
            number: z.int(),
            state: z.enum(['current', 'candidate', 'draft', 'earlier']),
            percent: z.number().optional().describe('percent of new logins that start on a candidate'),
            created: z.iso.datetime().nullable(),
            origin: z.string().nullable().describe('names of the files that the version was compiled from'),
            published: z.iso.datetime().nullable().describe('when it last became current'),
            compiled: z.boolean().describe('whether the stored objects compile to this version'),
          })
          .meta({ id: 'FlowVersionSummary', description: 'A version of a flow.' }),
      )
      .readonly(),
  })
  .meta({ id: 'FlowVersions', description: 'The versions of a flow, the newest first.' });

/** A change of the current version of a flow. */
export const flowRelease = z
  .object({
    slug: z.string(),
    number: z.int(),
    before: z.int().describe('number of the version that was current before'),
    held: z.boolean(),
    stopped_rollout: z.int().optional().describe('number of the candidate whose rollout the change has ended'),
  })
  .meta({ id: 'FlowRelease', description: 'The current version of a flow after a change.' });

/** The state of the flow that the sender of a change expects. If it differs, the change is refused. */
export const expectedFlow = z
  .object({
    current: z.int().describe('number of the current version'),
    candidate: z.int().nullable().optional().describe('number of the version that is being rolled out; null for none'),
    result: z.int().optional().describe('number of the version that is current after the change'),
  })
  .meta({
    id: 'ExpectedFlow',
    description: 'What the sender has seen of the flow. If it is otherwise by now, the change is refused.',
  });

/** Drafts that were compiled from a blueprint. */
export const flowDrafts = z
  .object({
    drafts: z
      .array(
        z
          .object({ slug: z.string(), number: z.int(), new: z.boolean().describe('false: an equal version existed') })
          .meta({ id: 'FlowDraft', description: 'A draft of a flow.' }),
      )
      .readonly(),
    left_out: z.array(blueprintChange).readonly().describe('changes that no draft can carry'),
    warnings: z.array(z.string()).readonly(),
  })
  .meta({ id: 'FlowDrafts', description: 'The drafts that were compiled from a blueprint.' });

/** What a run of a blueprint has changed, or would change. */
export const blueprintReport = z
  .object({
    changed: z.boolean().describe('whether anything was changed'),
    changes: z.array(blueprintChange).readonly(),
    warnings: z.array(z.string()).readonly(),
    published: z.array(flowNumber).readonly().describe('the flows that have another version now'),
    held: z
      .array(flowNumber)
      .readonly()
      .describe('the flows whose new version is only a draft, because their current version was chosen'),
  })
  .meta({ id: 'BlueprintReport', description: 'What a blueprint has changed, or would change.' });

/** Problem codes with which the service refuses a request. */
export const FLOW_REFUSALS = [
  'blueprint_invalid',
  'flow_change_busy',
  'flow_change_timeout',
  'flow_changed',
  'flow_rollout_unknown',
  'flow_unknown',
  'flow_version_unknown',
  'flow_version_unusable',
] as const;

/** The reply of the service: a compressed result in JSON, or the reason of a refusal. */
export const flowChangeReply = z.union([
  z.object({ result: compressed }),
  z.object({ refused: z.object({ code: z.enum(FLOW_REFUSALS), detail: z.string().optional() }) }),
]);
export type FlowChangeReply = z.output<typeof flowChangeReply>;

/** The operations with their subjects, requests and results. */
export const flowChangeOperations = {
  /** Lints a blueprint. */
  check: {
    subject: 'blueprints.check',
    request: z.object({ ...fields, blueprint: sentBlueprint }),
    result: blueprintCheck,
  },
  /** Returns what a blueprint would change. */
  compare: {
    subject: 'blueprints.compare',
    request: z.object({ ...fields, blueprint: sentBlueprint }),
    result: blueprintReport,
  },
  /** Applies a blueprint, and publishes the flows that it changes. */
  apply: {
    subject: 'blueprints.apply',
    request: z.object({ ...fields, blueprint: sentBlueprint, origin: changeOrigin }),
    result: blueprintReport,
  },
  /** Compiles the flows that a blueprint changes into drafts. */
  draft: {
    subject: 'blueprints.draft',
    request: z.object({ ...fields, blueprint: sentBlueprint, origin: changeOrigin }),
    result: flowDrafts,
  },
  /** Lists the versions of a flow. */
  versions: {
    subject: 'blueprints.versions',
    request: z.object({ ...fields, slug: z.string() }),
    result: flowVersions,
  },
  /** Compares two versions of a flow. */
  diff: {
    subject: 'blueprints.diff',
    request: z.object({ ...fields, slug: z.string(), from: z.int(), to: z.int() }),
    result: flowDifferences,
  },
  /** Makes a version of a flow current: the one with `number`, else the newest draft. */
  publish: {
    subject: 'blueprints.publish',
    request: z.object({
      ...fields,
      slug: z.string(),
      number: z.int().optional(),
      reason: z.string().optional(),
      expected: expectedFlow.optional(),
      origin: changeOrigin,
    }),
    result: flowRelease,
  },
  /** Starts a rollout: gives a version a share of the new logins. Also changes the share of a running rollout. */
  startRollout: {
    subject: 'blueprints.start_rollout',
    request: z.object({
      ...fields,
      slug: z.string(),
      number: z.int(),
      share: z
        .int()
        .min(1)
        .max(WHOLE_SHARE - 1)
        .describe('in hundredths of a percent'),
      guard: z
        .object({
          margin: z.int().min(1).max(MAX_MARGIN).describe('in hundredths of a percentage point'),
          watch_s: z.int().min(MIN_WATCH_S).max(MAX_WATCH_S),
        })
        .optional(),
      reason: z.string().optional(),
      expected: expectedFlow.optional(),
      origin: changeOrigin,
    }),
    result: flowRollout,
  },
  /** Returns the running rollout of a flow. */
  rollout: {
    subject: 'blueprints.rollout',
    request: z.object({ ...fields, slug: z.string() }),
    result: flowRollout,
  },
  /** Rolls a flow back to the version that was current before. */
  rollback: {
    subject: 'blueprints.rollback',
    request: z.object({
      ...fields,
      slug: z.string(),
      reason: z.string().optional(),
      expected: expectedFlow.optional(),
      origin: changeOrigin,
    }),
    result: flowRelease,
  },
  /** Returns a flow and all objects that it depends on as a blueprint. */
  export: {
    subject: 'blueprints.export',
    request: z.object({ ...fields, slug: z.string() }),
    result: z.object({ blueprint: z.string() }),
  },
} as const;
export type FlowChangeOperation = keyof typeof flowChangeOperations;
export type FlowChangeRequest<E extends FlowChangeOperation> = z.output<(typeof flowChangeOperations)[E]['request']>;
export type FlowChangeResult<E extends FlowChangeOperation> = z.output<(typeof flowChangeOperations)[E]['result']>;

/** NATS queue group of these operations. */
export const FLOW_CHANGE_QUEUE = 'blueprints';
