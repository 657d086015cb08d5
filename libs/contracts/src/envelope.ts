import { z } from 'zod';
import { since2026, withNewerValues } from './api-fields.js';
import { char } from './fields.js';
import type { StageContract } from './stage-contract.js';

/** The purpose of a flow. */
export const designation = z
  .enum([
    'authentication',
    'authorization',
    'invalidation',
    'enrollment',
    'unenrollment',
    'recovery',
    'stage_configuration',
  ])
  .meta({ id: 'FlowDesignationEnum' });

/** Layouts that show the background in a frame beside the card. */
const FRAME_LAYOUTS = ['sidebar_left_frame_background', 'sidebar_right_frame_background'] as const;

/** Layout of a flow page. */
const layout = withNewerValues(
  z.enum(['stacked', 'content_left', 'content_right', 'sidebar_left', 'sidebar_right', ...FRAME_LAYOUTS]),
  FRAME_LAYOUTS,
).meta({ id: 'ContextualFlowInfoLayoutEnum' });

export const themedUrls = z
  .object({ light: z.string(), dark: z.string() })
  .meta({ id: 'ThemedUrls', description: 'The variants of a picture for light and dark themes.' });
export type ThemedUrls = z.output<typeof themedUrls>;

const errorDetail = z.object({ string: z.string(), code: z.string() }).meta({
  id: 'ErrorDetail',
  description: 'One error of a field: `string` is the message for the visitor, `code` is for programs.',
});

const flowInfo = z
  .object({
    title: z.string().optional(),
    background: z.string().optional(),
    background_themed_urls: since2026(themedUrls.nullable().optional()),
    cancel_url: z.string(),
    layout,
  })
  .meta({
    id: 'ContextualFlowInfo',
    description: 'The title, layout and background of the flow, which a page shows around a challenge.',
  });
export type FlowInfo = z.output<typeof flowInfo>;

/** Fields that every challenge may have (docs/spec/executor.md#envelope). */
const envelope = {
  flow_info: flowInfo.optional(),
  response_errors: z.record(z.string(), z.array(errorDetail)).optional(),
};

/** The pending user in a challenge (docs/spec/executor.md#user-info). */
const userInfo = z.object({ pending_user: z.string(), pending_user_avatar: z.string() });
export type UserInfo = z.output<typeof userInfo>;

/**
 * The schemas of a challenge component and its response. Their metadata contains the names and descriptions for the
 * published schema.
 */
export type WireShape = Pick<StageContract, 'challenge' | 'user_info'> & {
  readonly component: string;
  /** The first API line that has the component. Absent if all lines have it, or none. */
  readonly api_version?: StageContract['api_version'];
  /** Absent if the challenge accepts no response. */
  readonly response?: StageContract['response'];
};

/** Returns the complete schema of a challenge: its own fields and those of the envelope. */
export function challengeBody({ component, challenge, user_info, api_version }: WireShape): z.ZodObject {
  const own = { ...envelope, component: z.string().default(component), ...(user_info ? userInfo.shape : {}) };
  return withLine(challenge.extend(own), api_version).meta(challenge.meta() ?? {});
}

/** Returns the complete schema of a response. */
export const responseBody = ({ component, response = z.object({}), api_version }: WireShape): z.ZodObject =>
  withLine(response.extend({ component: char().default(component) }), api_version).meta(response.meta() ?? {});

/** Returns the schema with the mark of the first API line that has it. */
const withLine = (schema: z.ZodObject, line: WireShape['api_version']): z.ZodObject =>
  line === '2026.8' ? since2026(schema) : schema;
