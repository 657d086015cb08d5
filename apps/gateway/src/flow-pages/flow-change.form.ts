import {
  char,
  DEFAULT_WATCH_TIME,
  type FlowChangeRequest,
  MAX_RELEASE_REASON,
  parseGuard,
  parsePercent,
  parseWatchTime,
  WHOLE_SHARE,
} from '@gatehouse/contracts';
import type { FlowChangeData } from '@gatehouse/web';
import { parsePk } from '../http/identifiers.js';
import type { FormFields } from '../http/zod-body.pipe.js';
import type { FlowAction } from './flow-change.loader.js';

type Typed = FlowChangeData['typed'];
type Field = FlowChangeData['wrong'][number];
type Rollout = Pick<FlowChangeRequest<'startRollout'>, 'share' | 'guard'>;
type Expected = NonNullable<FlowChangeRequest<'publish'>['expected']>;

const FIELDS: Readonly<Record<FlowAction, readonly Field[]>> = {
  publish: ['reason'],
  rollout: ['percent', 'margin', 'for', 'reason'],
  rollback: ['reason'],
  preview: ['user'],
};

/** Proposed share and allowed drop of a new rollout. */
const PROPOSED = { percent: '10', margin: '2', for: DEFAULT_WATCH_TIME };

/** A value of a form, or the names of its fields that are wrong. */
export type Parsed<T> = { readonly value: T } | { readonly wrong: readonly Field[] };

const reasonField = char({ maxLength: MAX_RELEASE_REASON, allowBlank: true });

/** Returns the texts of the fields that the form of an action has. */
export function typedFields(action: FlowAction, fields: FormFields): Typed {
  return Object.fromEntries(
    FIELDS[action].flatMap((name) => (typeof fields[name] === 'string' ? [[name, fields[name]]] : [])),
  );
}

/** Returns what an empty form proposes. `percent` is the share of the running rollout. */
export function proposedFields(action: FlowAction, percent: number | undefined): Typed {
  if (action !== 'rollout') return {};
  // Without a margin, the guard of the running rollout goes on.
  return percent === undefined ? PROPOSED : { percent: String(percent), for: DEFAULT_WATCH_TIME };
}

/** Parses the reason; `undefined` for an empty one. */
export function parseReason({ reason = '' }: Typed): Parsed<string | undefined> {
  const { data } = reasonField.safeParse(reason);
  return data === undefined ? { wrong: ['reason'] } : { value: data || undefined };
}

/** Parses the share, and the guard if the form allows a drop. */
export function parseRollout({ percent = '', ...guardFields }: Typed): Parsed<Rollout> {
  const share = parsePercent(percent.trim());
  const isPartial = share !== undefined && share < WHOLE_SHARE;
  const guard = parseGuardFields(guardFields);
  if (isPartial && 'value' in guard) return { value: { share, guard: guard.value } };
  return { wrong: [...(isPartial ? [] : (['percent'] as const)), ...('wrong' in guard ? guard.wrong : [])] };
}

/** Parses the guard; `undefined` for an empty margin. */
function parseGuardFields({ margin = '', for: time = '' }: Typed): Parsed<Rollout['guard']> {
  if (margin.trim() === '') return { value: undefined };
  const [guard, watchS] = [parseGuard(`completion=-${margin.trim()}%`), parseWatchTime(time.trim())];
  if (guard && watchS !== undefined) return { value: { margin: guard.margin, watch_s: watchS } };
  return { wrong: [...(guard ? [] : (['margin'] as const)), ...(watchS === undefined ? (['for'] as const) : [])] };
}

/** Returns what the form has shown of the flow; `undefined` if it does not say so. */
export function parseExpected({ current, candidate, result }: FormFields): Expected | undefined {
  const number = parsePk(current);
  const rolledOut = candidate === 'none' ? null : parsePk(candidate);
  if (number === undefined || rolledOut === undefined) return undefined;
  return { current: number, candidate: rolledOut, result: parsePk(result) };
}
