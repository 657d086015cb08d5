import { z } from 'zod';
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

/** Layout of a flow page. */
const layout = z
  .enum(['stacked', 'content_left', 'content_right', 'sidebar_left', 'sidebar_right'])
  .meta({ id: 'ContextualFlowInfoLayoutEnum' });

const errorDetail = z.object({ string: z.string(), code: z.string() }).meta({
  id: 'ErrorDetail',
  description: 'One error of a field: `string` is the message for the visitor, `code` is for programs.',
});

const flowInfo = z
  .object({ title: z.string().optional(), background: z.string().optional(), cancel_url: z.string(), layout })
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
  /** Absent if the challenge accepts no response. */
  readonly response?: StageContract['response'];
};

/** Returns the complete schema of a challenge: its own fields and those of the envelope. */
export const challengeBody = ({ component, challenge, user_info }: WireShape): z.ZodObject =>
  challenge
    .extend({ ...envelope, component: z.string().default(component), ...(user_info ? userInfo.shape : {}) })
    .meta(challenge.meta() ?? {});

/** Returns the complete schema of a response. */
export const responseBody = ({ component, response = z.object({}) }: WireShape): z.ZodObject =>
  response.extend({ component: char().default(component) }).meta(response.meta() ?? {});
