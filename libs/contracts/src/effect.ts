import { z } from 'zod';

/** A change outside the plan, asked for as data; the gateway makes it in the statement that saves the plan (protocol §5). */
export const effect = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('login'),
    /** uuid of the saved user who is logged in. */
    user: z.uuid(),
    backend: z.string(),
    /** Null: until the browser closes. */
    duration_s: z.number().positive().nullable(),
    bindings: z.object({ network: z.string(), geoip: z.string() }),
    terminate_other_sessions: z.boolean(),
  }),
  z.object({
    type: z.literal('event'),
    action: z.string().regex(/^[a-z_]{1,64}$/),
    context: z.record(z.string(), z.unknown()),
  }),
  z.object({ type: z.literal('reputation'), identifier: z.string(), delta: z.int() }),
  z.object({ type: z.literal('toast'), level: z.enum(['success', 'info', 'warning', 'error']), message: z.string() }),
]);
export type Effect = z.output<typeof effect>;
export type EffectType = Effect['type'];
export const EFFECT_TYPES = effect.options.map(({ shape }) => shape.type.value);

/** Effects that a refusal may have: they record what happened and change nobody's rights. */
export const RECORDING_EFFECTS: ReadonlySet<EffectType> = new Set(['event', 'reputation']);
