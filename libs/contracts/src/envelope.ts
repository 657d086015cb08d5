import { z } from 'zod';
import { char } from './fields.js';
import type { StageContract } from './stage-contract.js';
import { publishedPart } from './unpublished.js';

/** What a flow is for. */
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

/** How a page arranges a flow. */
const layout = z
  .enum(['stacked', 'content_left', 'content_right', 'sidebar_left', 'sidebar_right'])
  .meta({ id: 'ContextualFlowInfoLayoutEnum' });

const errorDetail = z.object({ string: z.string(), code: z.string() }).meta({
  id: 'ErrorDetail',
  description: 'One thing that is wrong with a field: a sentence for people, a code for programs.',
});

const flowInfo = z
  .object({ title: z.string().optional(), background: z.string().optional(), cancel_url: z.string(), layout })
  .meta({
    id: 'ContextualFlowInfo',
    description: 'What a page shows around a challenge: the flow that it is part of.',
  });
export type FlowInfo = z.output<typeof flowInfo>;

/** What any challenge may say besides its own (docs/spec/executor.md#envelope). */
const envelope = {
  flow_info: flowInfo.optional(),
  response_errors: z.record(z.string(), z.array(errorDetail)).optional(),
};

/** Whom a challenge is for (docs/spec/executor.md#user-info). */
const userInfo = z.object({ pending_user: z.string(), pending_user_avatar: z.string() });
export type UserInfo = z.output<typeof userInfo>;

/** What clients see of a component. Both shapes carry the name and the sentence that the published schema has for them. */
export type WireShape = Pick<StageContract, 'challenge' | 'user_info'> & {
  readonly component: string;
  /** Absent where nothing can be answered. */
  readonly response?: StageContract['response'];
};

/** A challenge as clients get it, for the published schema: its own fields in their envelope. */
export const challengeBody = ({ component, challenge, user_info }: WireShape): z.ZodObject =>
  publishedPart(challenge)
    .extend({ ...envelope, component: z.string().default(component), ...(user_info ? userInfo.shape : {}) })
    .meta(challenge.meta() ?? {});

/** An answer as clients send it, for the published schema. */
export const responseBody = ({ component, response = z.object({}) }: WireShape): z.ZodObject =>
  publishedPart(response)
    .extend({ component: char().default(component) })
    .meta(response.meta() ?? {});
